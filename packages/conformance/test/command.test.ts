import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { cli, fixtures, run, source } from './child.ts'

const folder = mkdtempSync(join(tmpdir(), 'user-engine-command-'))
afterAll(() => rmSync(folder, { recursive: true }))

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
    ['for a case that is not there', ['explain', 'UE-OUTBOX-016/none'], 'shown by UE-OUTBOX-016/state'],
    ['for two ids', ['explain', 'UE-OUTBOX-016', 'UE-OUTBOX-004'], 'Name one requirement'],
    ['for profiles of something', ['profiles', 'mine'], "Unexpected argument 'mine'"],
    ['without a command', [], 'Name a command: init, demo,'],
    ['of a command that is not there', ['rnu', '--help'], 'There is no command rnu: init, demo,'],
    ['with an unknown profile', ['run', config, '--profile', 'all'], 'No profile is called all: store-core,'],
    [
      'of a profile that nothing was run of',
      ['run', config, '--profile', 'store-core', '--profile', 'engine', '--out', join(folder, 'hollow')],
      'INVALID: The profile engine is claimed, and no case of it was run.',
    ],
    ['with an unknown faulty store', ['demo', '--faulty', 'none'], 'No faulty store is called none.'],
  ])('says what is wrong %s, and exits with 3', { timeout: 120_000 }, async (_, args, message) => {
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

  it('says what each command does, on the standard output, for whoever asks', async () => {
    const all = await command('--help')
    const names = [...all.stdout.matchAll(/^user-engine-conformance (\w+)/gm)].map(([, name]) => name ?? '')
    expect(names).toEqual(expect.arrayContaining(['demo', 'run', 'replay', 'profiles', 'list', 'explain']))
    expect(all.code).toBe(0)
    for (const name of names) {
      const { code, stdout } = await command(name, '--help')
      expect(code).toBe(0)
      expect(stdout).toContain(`conformance ${name}`)
      expect(all.stdout).toContain(stdout)
    }
  })

  it('replays a case that failed until it passes', async () => {
    const out = join(folder, 'red')
    const faulty = { FAULTY: 'finds-by-id-alone' }
    await run([source, cli, 'run', config, '--only', 'UE-TENANT-001', '--out', out], faulty)
    const replay = ['replay', join(out, 'UE-TENANT-001.tenant-accounts-find.replay.json'), config]
    const red = await run([source, cli, ...replay], faulty)
    expect(red.output).toContain('FAIL UE-TENANT-001/tenant-accounts-find')
    expect(red.output).not.toContain('INVALID')
    expect(red.code).toBe(1)
    const green = await command(...replay)
    expect(green).toMatchObject({ code: 2, output: 'UE-TENANT-001/tenant-accounts-find: pass\n' })
  })

  it('replays a race by judging again what was noted of it, and by another one', async () => {
    const out = join(folder, 'race')
    const faulty = { FAULTY: 'guards-nothing' }
    const race = ['--profile', 'store-concurrent', '--only', 'UE-CATALOG-002/publications']
    await run([source, cli, 'run', config, ...race, '--out', out], faulty)
    const file = join(out, 'UE-CATALOG-002.publications.replay.json')
    const { reason, ...kept } = JSON.parse(readFileSync(file, 'utf8')) as { reason: string }
    const mended = await command('replay', file, config)
    expect(mended.output).toMatch(/^ {2}T\d+, committed, from \d+ to \d+: read catalog 1 version/m)
    expect(mended.output).toContain(`Judged again:\n  ${reason}\n`)
    expect(mended.output).toMatch(/The case is run anew\.\nUE-CATALOG-002\/publications: pass\n$/)
    expect(mended.code).toBe(2)
    expect((await run([source, cli, 'replay', file, config], faulty)).code).toBe(1)

    const other = join(out, 'other.json')
    writeFileSync(other, JSON.stringify({ ...kept, reason, script: { steps: [], data: [] } }))
    const refused = await command('replay', other, config)
    expect(refused.output).toContain('The replay holds nothing that this case has noted.')
    expect(refused.code).toBe(3)
  })

  it('replays nothing that could not fail again, and says why', async () => {
    const kept = { schemaVersion: 1, kit: { name: '', version: '' }, catalogueDigest: '', seed: '1' }
    const file = join(folder, 'bad.json')
    const replay = (more: object) => {
      writeFileSync(file, JSON.stringify({ ...kept, budget: 'smoke', timeScale: 1, reason: null, ...more }))
      return command('replay', file, config)
    }
    const unread = await replay({ case: 'UE-SEQUENCE-001/work', script: { steps: [], data: 1 } })
    expect(unread.output).toContain('The replay holds no script of steps.')
    expect(unread.code).toBe(3)
    const unable = await replay({ case: 'UE-TRANSACTION-013/held', script: null })
    expect(unable.output).toContain('UE-TRANSACTION-013/held: unsupported, the target has no power')
    expect(unable.code).toBe(3)
  })

  it('prints no value that no report would carry', async () => {
    const leaky = join(folder, 'leaky.config.ts')
    const leaks = `{ id: 'UE-TRANSACTION-001/leaks', title: 'It leaks', async run(ctx) {
      ctx.must('UE-TRANSACTION-001', false, ctx.canary()) } }`
    writeFileSync(
      leaky,
      `import { target } from ${JSON.stringify(join(fixtures, 'subject.ts'))}
      export default { target, profiles: ['store-core'], cases: [${leaks}] }`,
    )
    const { code, output } = await command('run', leaky, '--out', join(folder, 'leaky'))
    expect(output).toContain('FAIL UE-TRANSACTION-001/leaks')
    expect(output).toContain('would carry a canary')
    expect(output).not.toContain('uecanary')
    expect(code).toBe(3)
  })

  it('tells the profiles, and what each takes', async () => {
    const { stdout } = await command('profiles')
    expect(stdout).toMatch(/^store-core\n {2}claimed by {2}every store/m)
    expect(stdout).toMatch(/^provider-postgres$/m)
  })

  const demonstrates =
    'demonstrates a green run and a red one, with requirement, observation and likely cause'
  it(demonstrates, { timeout: 120_000 }, async () => {
    const { code, stdout } = await command('demo')
    const [green = '', red = ''] = stdout.split('\n2. ')
    expect(green).toMatch(/cases +\d{3} pass.*\n.*\nverdict +CONFORMANT \(exit code 0\)/)
    expect(red).toMatch(
      /requirement +UE-TENANT-001 .*\n +observation +tenant-accounts-find .*\n +likely cause +A tenant account is found by its id/,
    )
    expect(red).toContain('NOT CONFORMANT (exit code 1)')
    expect(red).toContain('It was found by UE-TENANT-001, the promise that this breaks.')
    expect(code).toBe(0)
  })

  it('keeps its exit code where its reader leaves', async () => {
    const child = spawn(process.execPath, [source, cli, 'list', '--json'])
    child.stdout.once('data', () => child.stdout.destroy())
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    expect({ code, complaint }).toEqual({ code: 0, complaint: '' })
  })
})
