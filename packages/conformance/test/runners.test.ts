import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { reportSchema } from '../src/index.ts'
import { timeless } from './timeless.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'user-engine-runners-'))
afterAll(() => rmSync(folder, { recursive: true }))

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const source = '--conditions=@user-engine/source'
const cli = join(import.meta.dirname, '../src/cli.ts')

type Environment = Readonly<Record<string, string>>

const RUNNERS: Readonly<Record<string, (out: string) => readonly string[]>> = {
  vitest: () => [vitest, 'run', '--config', join(fixtures, 'vitest.config.ts')],
  'node:test': () => [source, '--test', join(fixtures, 'under-node.ts')],
  command: (out) => [source, cli, 'run', join(fixtures, 'conformance.config.ts'), '--out', out],
}

async function run(
  args: readonly string[],
  env: Environment = {},
): Promise<{ code: number | null; output: string }> {
  const { NODE_OPTIONS: _, VITEST: __, NODE_TEST_CONTEXT: ___, ...rest } = process.env
  const child = spawn(process.execPath, args, { env: { ...rest, NO_COLOR: '1', ...env } })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
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

describe('the command', () => {
  const command = (...args: readonly string[]) => run([source, cli, ...args])
  const config = join(fixtures, 'conformance.config.ts')

  it('is partial when it is filtered', async () => {
    const { code, output } = await command(
      'run',
      config,
      '--only',
      'UE-PAGING',
      '--out',
      join(folder, 'partial'),
    )
    expect(output).toContain('PARTIAL (exit code 2)')
    expect(output).toMatch(/\d+ cases filtered: left out by a filter/)
    expect(code).toBe(2)
  })

  it.each([
    ['without a configuration', ['run'], 'Name the configuration'],
    ['with one that is not there', ['run', './nowhere.config.ts'], 'can not be imported'],
    [
      'with one that exports nothing',
      ['run', join(fixtures, 'under-node.ts'), '--out', folder],
      'has to export by default',
    ],
    ['with an unknown option', ['run', config, '--fast'], "Unknown option '--fast'"],
    ['with an unknown filter', ['run', config, '--only', 'UE-X'], 'No case is called UE-X'],
    [
      'where the report can not be written',
      ['run', config, '--only', 'UE-PAGING', '--out', cli],
      'could not be written',
    ],
    ['for an id that is not there', ['explain', 'UE-TENANT-999'], 'is not in the catalogue'],
    ['without a command', [], 'user-engine-conformance run <config>'],
  ])('says what is wrong %s, and exits with 3', async (_, args, message) => {
    const { code, output } = await command(...args)
    expect(output).toContain(message)
    expect(code).toBe(3)
  })

  it('lists the catalogue', async () => {
    const { output } = await command('list', '--json')
    const { requirements } = JSON.parse(output) as {
      requirements: readonly { id: string; cases: string[] }[]
    }
    expect(requirements.find(({ id }) => id === 'UE-OUTBOX-016')?.cases).toContain('UE-OUTBOX-016/state')
    expect((await command('list')).output).toMatch(/UE-OUTBOX-016 +MUST +stable +store-core +\d+ cases/)
  })

  it('explains a requirement by the id of one of its cases', async () => {
    const { output } = await command('explain', 'UE-OUTBOX-016/state')
    expect(output).toContain('UE-OUTBOX-016: The state of the outbox is counted')
    expect(output).toContain('counts-leased-as-pending')
  })
})
