import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { reportSchema } from '../src/index.ts'
import { cli, fixtures, run, source, type Environment } from './child.ts'
import { timeless } from './timeless.ts'

const folder = mkdtempSync(join(tmpdir(), 'user-engine-runners-'))
afterAll(() => rmSync(folder, { recursive: true }))

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

const RUNNERS: Readonly<Record<string, (out: string) => readonly string[]>> = {
  vitest: () => [vitest, 'run', '--config', join(fixtures, 'vitest.config.ts')],
  'node:test': () => [source, '--test', join(fixtures, 'under-node.ts')],
  command: (out) => [source, cli, 'run', join(fixtures, 'conformance.config.ts'), '--out', out],
}

async function runUnder(name: string, env: Environment = {}) {
  const out = join(folder, `${name.replace(':', '-')}-${env['FAULTY'] ?? 'good'}`)
  const result = await run(RUNNERS[name]?.(out) ?? [], { OUT: out, ...env })
  const report = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')))
  return { ...result, report }
}

describe('vitest, node:test and the command', () => {
  it('run one plan, and say the same of a good store', { timeout: 180_000 }, async () => {
    const [first, ...others] = [
      await runUnder('vitest'),
      await runUnder('node:test'),
      await runUnder('command'),
    ]
    expect(first.report).toMatchObject({ verdict: 'conformant', exitCode: 0 })
    expect(first.report.counts.cases.pass).toBeGreaterThan(150)
    for (const { code, report } of [first, ...others]) {
      expect(code).toBe(0)
      expect(timeless(report)).toEqual(timeless(first.report))
    }
  })

  it.each(Object.keys(RUNNERS))(
    '%s goes red on a broken store, and names requirement, case and observation',
    async (name) => {
      const { code, output, report } = await runUnder(name, { FAULTY: 'counts-leased-as-pending' })
      expect(code).toBe(1)
      expect(report).toMatchObject({ verdict: 'not conformant', exitCode: 1 })
      expect(output).toContain('UE-OUTBOX-016/state')
      expect(output).toMatch(/UE-OUTBOX-016[^\n]*\n?[^\n]*counts: pending is 2, not 1/)
    },
  )

  it.each(['vitest', 'node:test'])('%s goes red where a host runs the plan in part', async (name) => {
    const filter = { vitest: ['-t', 'UE-PAGING|all \\d+ cases'], 'node:test': [] }[name] ?? []
    const pattern = name === 'node:test' ? ['--test-name-pattern=UE-PAGING|all \\d+ cases'] : []
    const { code, output } = await run([...pattern, ...(RUNNERS[name]?.('') ?? []), ...filter])
    expect(code).toBe(1)
    expect(output).toMatch(/\d+ of \d+ cases were not run/)
  })
})
