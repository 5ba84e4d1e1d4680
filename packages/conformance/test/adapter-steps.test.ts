import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createSession, defineTarget, type Instance } from '../src/index.ts'
import { createMemoryTarget, observe, type MemoryInstance } from '../src/demo/memory-target.ts'
import { createTouched } from './touched-members.ts'

const PAGE = join(import.meta.dirname, '../../../docs/writing-another-adapter.md')

interface Step {
  readonly number: number
  readonly members: readonly string[]
  readonly cases: readonly string[]
}

/** The first table under the order of work. */
function readSteps(): readonly Step[] {
  const [, order = ''] = readFileSync(PAGE, 'utf8').split('## The order of work')
  const [table = ''] = order.split('Step 7 leaves')
  return [...table.matchAll(/^\| (\d+) \| (.*) \| (.*) \|$/gm)].map(
    ([, number, members = '', cases = '']) => ({
      number: Number(number),
      members: [...members.matchAll(/`([^`]+)`/g)].map(([, member = '']) => member),
      cases: cases.split(', '),
    }),
  )
}

function isCalled(id: string, name: string): boolean {
  return id.startsWith(`${name}-`) || id.startsWith(`${name}/`)
}

function isWritten(member: string, written: readonly string[]): boolean {
  return written.some((one) => one === member || (one.endsWith('*') && member.startsWith(one.slice(0, -1))))
}

/** What each case of the kit calls, by the id of the case. */
async function callsOfEachCase(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const memory = createMemoryTarget({ writes: 'deferred' })
  const { members, watch } = createTouched()
  type Watched = Instance & { readonly of: MemoryInstance }
  const target = defineTarget<Watched>({
    identity: memory.identity,
    async open(universe) {
      const of = await memory.open(universe)
      return { universe: of.universe, store: watch(of.store), of }
    },
    async second({ of }) {
      members.add('second')
      return watch(await memory.second(of))
    },
    destroy: ({ of }) => memory.destroy(of),
    // Without it the kit asks the store itself whether it is empty, by lists that come later.
    observer: ({ of: { database } }) => observe(database),
  })
  const session = createSession(target, { profiles: ['store-core', 'store-concurrent'] })
  const calls = new Map<string, ReadonlySet<string>>()
  for (const planned of session.plan.order) {
    members.clear()
    const { verdict } = await session.run(planned)
    expect.soft(['pass', 'unsupported'], planned.case.id).toContain(verdict)
    calls.set(planned.case.id, new Set(members))
  }
  return calls
}

describe('the order of work for the author of an adapter', () => {
  it('asks at no step for what is written later, and leaves no case out', { timeout: 300_000 }, async () => {
    const calls = await callsOfEachCase()
    const steps = readSteps()
    expect(steps.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7])
    const written: string[] = []
    const named = new Set<string>()
    const tooEarly: string[] = []
    for (const { number, members, cases } of steps) {
      written.push(...members)
      for (const name of cases) {
        const found = [...calls].filter(([id]) => isCalled(id, name))
        expect.soft(found.length, `cases of ${name}`).toBeGreaterThan(0)
        for (const [id, called] of found) {
          named.add(id)
          const missing = [...called].filter((member) => !isWritten(member, written))
          if (missing.length > 0) tooEarly.push(`step ${number}: ${id} calls ${missing.join(', ')}`)
        }
      }
    }
    expect(tooEarly).toEqual([])
    const others = [...calls].filter(([id]) => !named.has(id)).flatMap(([, called]) => [...called])
    expect(others.filter((member) => !isWritten(member, written))).toEqual([])
  })
})
