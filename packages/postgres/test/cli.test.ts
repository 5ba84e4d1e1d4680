import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import type { Handoff } from '../src/index.ts'
import { maintain, migrationStatus, verifyMigrations } from '../src/migrate.ts'
import { REMEDIES } from '../src/remedies.ts'
import { handoffOf, openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'

const database = await createProvidedDatabase({ migrated: false })
const admin = await database.connect(null)
const folder = mkdtempSync(join(tmpdir(), 'user-engine-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const CANARY = 'canary-c11'

function written(name: string, handoff: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(handoff))
  return path
}

const url = new URL(String(database.config('migrator').connectionString))
const migrator = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
const whole: Handoff = { ...handoffOf(database), migrator }
const path = written('handoff.json', whole)

async function run(...args: readonly string[]) {
  const cli = join(import.meta.dirname, '../src/cli.ts')
  const child = spawn(process.execPath, ['--conditions=@user-engine/source', cli, ...args])
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = (await once(child, 'close')) as [number]
  for (const secret of [CANARY, migrator.password]) expect(output).not.toContain(secret)
  return { code, output }
}

describe('the command', () => {
  it(
    'brings an empty database to this release, and says at each step how it stands',
    { timeout: 180_000 },
    async () => {
      expect(await run('doctor', '--handoff', path)).toMatchObject({
        code: 1,
        output: expect.stringContaining('migrate apply') as string,
      })
      expect(await run('migrate', 'status', '--handoff', path)).toMatchObject({ code: 1 })
      const plan = await run('migrate', 'plan', '--handoff', path)
      expect(plan).toMatchObject({ code: 0, output: expect.stringContaining('000001_initial') as string })
      const four = await Promise.all([1, 2, 3, 4].map(() => run('migrate', 'apply', '--handoff', path)))
      expect(four.map(({ code }) => code)).toEqual([0, 0, 0, 0])
      expect(four.filter(({ output }) => output.includes('applied 000001_initial'))).toHaveLength(1)
      expect((await run('migrate', 'plan', '--handoff', path)).output).toContain('Nothing is to be applied.')
      expect(await run('migrate', 'status', '--handoff', path)).toMatchObject({ code: 0 })
      expect(await run('migrate', 'verify', '--handoff', path)).toMatchObject({ code: 0 })
      const doctor = await run('doctor', '--handoff', path, '--json')
      expect(doctor.code).toBe(0)
      const checks = JSON.parse(doctor.output) as { code: string; status: string; meaning: string }[]
      expect(checks.length).toBeGreaterThan(10)
      // Each check of this adapter has its meaning and remedy, and none has that of another release.
      expect(checks.filter(({ code }) => !Object.hasOwn(REMEDIES, code))).toEqual([])
    },
  )

  it('begins an epoch, which the next claim tells', { timeout: 60_000 }, async () => {
    const { code, output } = await run('new-epoch', '--handoff', path, '--json')
    const { epoch } = await openStore(database).outbox.claim({ limit: 1, leaseMs: 1000, ack: null })
    expect({ code, ...JSON.parse(output) }).toEqual({ code: 0, epoch: epoch.toISOString() })
  })

  it('names what somebody has broken, and what to do', { timeout: 60_000 }, async () => {
    await admin.query('alter table user_engine.users no force row level security')
    const verified = await run('migrate', 'verify', '--handoff', path)
    expect(verified).toMatchObject({
      code: 1,
      output: expect.stringContaining('row_security users') as string,
    })
    const doctor = await run('doctor', '--handoff', path)
    expect(doctor.code).toBe(1)
    expect(doctor.output).toContain('fail postgres.row_security')
    expect(doctor.output).toContain('`migrate verify` says what differs')
    await admin.query('alter table user_engine.users force row level security')
    expect((await run('doctor', '--handoff', path)).code).toBe(0)
  })

  it('exports what a provider runs by another tool, checksums included', async () => {
    const out = join(folder, 'export')
    expect((await run('migrate', 'export', '--out', out)).code).toBe(0)
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      file: string
      sha256: string
    }[]
    expect(readdirSync(out).toSorted()).toEqual(
      [...manifest.map(({ file }) => file), 'manifest.json'].toSorted(),
    )
    for (const { file, sha256 } of manifest) {
      const digest = await crypto.subtle.digest('SHA-256', readFileSync(join(out, file)))
      expect(Buffer.from(digest).toString('hex')).toBe(sha256)
    }
    expect(manifest.map(({ file }) => file)).toEqual(['000001_initial.sql'])
  })

  it('exports what another tool can run as it is, to the same end', { timeout: 60_000 }, async () => {
    const provided = await createProvidedDatabase({ migrated: false })
    const place = written('other.json', { ...handoffOf(provided), migrator })
    const out = join(folder, 'run')
    expect((await run('migrate', 'export', '--out', out, '--handoff', place)).code).toBe(0)
    const client = await provided.connect('migrator')
    await client.query(`begin; set local role ${provided.prefix}_owner`)
    await client.query(readFileSync(join(out, '000001_initial.sql'), 'utf8'))
    await client.query('commit')
    const options = { connection: provided.config('migrator'), rolePrefix: provided.prefix }
    expect(await migrationStatus(options)).toMatchObject({ state: 'current', pending: [] })
    expect((await verifyMigrations(options)).map(({ code, object }) => [code, object])).toEqual([
      ['partition_missing', 'audit_records'],
      ['partition_missing', 'denials'],
    ])
    await maintain(options)
    expect(await verifyMigrations(options)).toEqual([])
  })

  it.each([
    ['no command', [], 2],
    ['a command that is none', ['migrate', 'down', '--handoff', path], 2],
    ['an option that is none', ['doctor', '--force'], 2],
    ['no handoff', ['doctor'], 2],
    ['a file that is not there', ['doctor', '--handoff', join(folder, 'nothing.json')], 2],
    ['a handoff that is none', ['doctor', '--handoff', written('none.json', { endpoint: CANARY })], 2],
    ['no migrator', ['migrate', 'apply', '--handoff', written('app.json', handoffOf(database))], 2],
    [
      'a password that is refused',
      [
        'migrate',
        'apply',
        '--handoff',
        written('wrong.json', { ...whole, migrator: { user: 'x', password: CANARY } }),
      ],
      3,
    ],
  ] as const)('with %s says so, and no secret', async (_, args, code) => {
    const { code: found, output } = await run(...args)
    expect({ found, output }).toMatchObject({ found: code })
    expect(output.trim()).not.toBe('')
  })
})
