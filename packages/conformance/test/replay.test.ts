import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { KitError, parseReplay, runConformance, writeReports, type Json } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { soundCase, toyCase } from './toy-cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'user-engine-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Draws numbers until one is not small, keeps which it was, and plays nothing else when that is given. */
const drawing = (given: Json[]) =>
  toyCase(async (ctx) => {
    given.push(ctx.script)
    const play = (number: number) => ctx.must('UE-TRANSACTION-001', number < 90, `${number} is not small`)
    if (typeof ctx.script === 'number') return play(ctx.script)
    for (let draw = 0; draw < 100; draw += 1) {
      const number = ctx.random.below(100)
      if (number < 90) continue
      ctx.keepScript(number, [`draw ${number}`])
      return play(number)
    }
  })

const run = (given: Json[], options: object = {}) =>
  runConformance(createMemoryTarget(), {
    profiles: ['store-core'],
    cases: [soundCase, drawing(given)].map((one, index) => ({ ...one, id: `UE-TRANSACTION-001/n${index}` })),
    ...options,
  })

describe('a case that failed', () => {
  it('leaves its script in the report and in a replay, which plays that and nothing else', async () => {
    const given: Json[] = []
    const report = await run(given)
    const [, failed] = report.cases
    expect(failed).toMatchObject({
      verdict: 'fail',
      script: { steps: [expect.stringMatching(/^draw 9\d$/)] },
    })
    expect(report.cases[0]?.script).toBeNull()

    await writeReports(report, folder)
    const name = 'UE-TRANSACTION-001.n1.replay.json'
    expect(readdirSync(folder).filter((file) => file.includes('replay'))).toEqual([name])
    const replay = parseReplay(JSON.parse(readFileSync(join(folder, name), 'utf8')))
    expect(replay).toMatchObject({ case: 'UE-TRANSACTION-001/n1', seed: '1', script: failed?.script })

    const again = await run(given, { only: [replay.case], scripts: { [replay.case]: replay.script?.data } })
    expect(given).toEqual([null, failed?.script?.data])
    expect(again.cases.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['filtered', 'left out by a filter'],
      ['fail', failed?.reason],
    ])
  })

  it('takes its replay away when it passes', async () => {
    await writeReports(await run([]), folder)
    await writeReports(await run([], { not: ['UE-TRANSACTION-001/n1'] }), folder)
    expect(readdirSync(folder).filter((file) => file.includes('replay'))).toEqual([])
  })

  it('draws the same with the same seed, and otherwise with another', async () => {
    const steps = async (seed: string) => (await run([], { seed })).cases[1]?.script?.steps
    expect(await steps('1')).toEqual(await steps('1'))
    expect(new Set([await steps('1'), await steps('2'), await steps('3')].flat()).size).toBeGreaterThan(1)
  })
})

it('what is no replay is refused', () => {
  expect(() => parseReplay({ case: 'UE-TRANSACTION-001/n1' })).toThrow(KitError)
})
