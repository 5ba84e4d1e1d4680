import { startWireProxy } from '@user-engine/conformance/postgres'
import { Pool } from 'pg'
import { afterAll, expect, it } from 'vitest'

import { readGauges } from '../src/diagnostics.ts'
import { isExposed } from '../src/login-facts.ts'
import { idOf, intervalOf } from '../src/partitions.ts'
import { checkReadiness, type ReadinessOptions } from '../src/readiness.ts'
import { judgeServerVersion } from '../src/server-version.ts'
import { handoffOf } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'

const database = await createProvidedDatabase()
const { prefix } = database
const admin = await database.connect(null)

async function readiness(options: Partial<ReadinessOptions> = {}) {
  const pools = (['runtime', 'denials', 'relay'] as const).map((login) => new Pool(database.config(login)))
  const [runtime, denials, relay] = pools
  if (runtime === undefined || denials === undefined || relay === undefined) throw new Error('three pools')
  try {
    const report = await checkReadiness({ runtime, denials, relay, ...options })
    const problems = report.checks.filter(({ status }) => status !== 'pass')
    return { ...report, problems, codes: problems.map(({ code }) => code).toSorted() }
  } finally {
    await Promise.all(pools.map((pool) => pool.end()))
  }
}

const CHECKS = [
  'store.reachable',
  'postgres.server_version',
  'store.writable',
  'schema.version',
  'isolation.enforced',
  'postgres.row_security',
  'postgres.indexes_valid',
  'postgres.tables_logged',
  'postgres.partitions',
  'denials.writable',
  'postgres.relay_reachable',
  'outbox.dead_letters',
  'outbox.lag',
  'postgres.role_bypasses_isolation',
  'postgres.rights_missing',
  'postgres.rights_unexpected',
  'postgres.timeouts_set',
  'postgres.tls',
]

it('is ready, and says what it looked at', async () => {
  const report = await readiness()
  expect(report.problems).toEqual([])
  expect(report.status).toBe('ready')
  expect(report.checks.map(({ code }) => code)).toEqual(CHECKS)
})

const { from, to, suffix } = intervalOf('audit_records', Date.now())
const partition = `user_engine.audit_records_${suffix}`

const event = (more: string) => `insert into user_engine.outbox_events
  (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal, occurred_at, command_id, data
    ${more === '' ? '' : `, ${more.split(' = ')[0]}`})
  select gen_random_uuid(), gen_random_uuid(), 'a', 'user', gen_random_uuid(), 1, 0, now(), gen_random_uuid(), '{}'
    ${more === '' ? '' : `, ${more.split(' = ')[1]}`}`

/** What is done to the database, how it is undone, and the checks that must notice: these and no others. */
const BREAKS: readonly (readonly [change: string, undo: string, codes: readonly string[]])[] = [
  [
    `alter role ${prefix}_runtime bypassrls`,
    `alter role ${prefix}_runtime nobypassrls`,
    ['isolation.enforced', 'postgres.role_bypasses_isolation'],
  ],
  [
    `alter role ${prefix}_runtime superuser`,
    `alter role ${prefix}_runtime nosuperuser`,
    ['isolation.enforced', 'postgres.rights_unexpected', 'postgres.role_bypasses_isolation'],
  ],
  [
    `alter role ${prefix}_denials bypassrls`,
    `alter role ${prefix}_denials nobypassrls`,
    ['postgres.role_bypasses_isolation'],
  ],
  [
    `alter user ${prefix}_runtime noinherit; grant ${prefix}_owner to ${prefix}_runtime`,
    `revoke ${prefix}_owner from ${prefix}_runtime; alter user ${prefix}_runtime inherit`,
    ['postgres.role_bypasses_isolation'],
  ],
  [
    'alter table user_engine.users no force row level security',
    'alter table user_engine.users force row level security',
    ['postgres.row_security'],
  ],
  [
    'alter table user_engine.users disable row level security',
    'alter table user_engine.users enable row level security',
    ['postgres.row_security'],
  ],
  [
    `alter policy scope on user_engine.accounts using (true)`,
    `alter policy scope on user_engine.accounts using (scope_id = any (user_engine.bound_scopes()))`,
    ['postgres.row_security'],
  ],
  [
    'create policy more on user_engine.accounts using (true)',
    'drop policy more on user_engine.accounts',
    ['postgres.row_security'],
  ],
  [
    'drop policy scope on user_engine.memberships',
    `create policy scope on user_engine.memberships using (scope_id = any (user_engine.bound_scopes()))
      with check (scope_id = any (user_engine.bound_scopes()))`,
    ['postgres.row_security'],
  ],
  [
    `create policy seen on ${partition} using (true)`,
    `drop policy seen on ${partition}`,
    ['postgres.row_security'],
  ],
  [
    `drop table ${partition}`,
    `select user_engine.add_partition('audit_records', '${suffix}', '${idOf(from)}', '${idOf(to)}')`,
    ['postgres.partitions'],
  ],
  [
    'alter table user_engine.isolation_probe set unlogged',
    'alter table user_engine.isolation_probe set logged',
    ['postgres.tables_logged'],
  ],
  ['create table user_engine.fresh (id int)', 'drop table user_engine.fresh', ['postgres.row_security']],
  [
    'create policy more on user_engine.isolation_probe using (true)',
    'drop policy more on user_engine.isolation_probe',
    ['isolation.enforced', 'postgres.row_security'],
  ],
  [
    `update pg_index set indisvalid = false where indexrelid = 'user_engine.external_identity_subject'::regclass`,
    `update pg_index set indisvalid = true where indexrelid = 'user_engine.external_identity_subject'::regclass`,
    ['postgres.indexes_valid'],
  ],
  [
    `revoke insert on user_engine.users from ${prefix}_runtime`,
    `grant insert on user_engine.users to ${prefix}_runtime`,
    ['postgres.rights_missing'],
  ],
  [
    `revoke insert on user_engine.denials from ${prefix}_denials`,
    `grant insert on user_engine.denials to ${prefix}_denials`,
    ['denials.writable', 'postgres.rights_missing'],
  ],
  [
    `grant insert on user_engine.denials to ${prefix}_runtime`,
    `revoke insert on user_engine.denials from ${prefix}_runtime`,
    ['postgres.rights_unexpected'],
  ],
  [
    `grant delete on user_engine.audit_records to public`,
    `revoke delete on user_engine.audit_records from public`,
    ['postgres.rights_unexpected'],
  ],
  [
    `alter role ${prefix}_runtime set statement_timeout = 0`,
    `alter role ${prefix}_runtime set statement_timeout = '5s'`,
    ['postgres.timeouts_set'],
  ],
  [
    `alter role ${prefix}_runtime set default_transaction_read_only = on`,
    `alter role ${prefix}_runtime reset default_transaction_read_only`,
    ['store.writable'],
  ],
  [
    `alter table user_engine.denials rename to denied`,
    `alter table user_engine.denied rename to denials`,
    ['denials.writable', 'postgres.rights_missing', 'postgres.rights_unexpected'],
  ],
  [
    `update user_engine.schema_migrations set sha256 = reverse(sha256)`,
    `update user_engine.schema_migrations set sha256 = reverse(sha256)`,
    ['schema.version'],
  ],
  [
    `insert into user_engine.schema_migrations values (2, 'newer', 'x', true, 2, now(), 'y', 1)`,
    `delete from user_engine.schema_migrations where id = 2`,
    ['schema.version'],
  ],
  [event('dead_at = now()'), 'truncate user_engine.outbox_events', ['outbox.dead_letters']],
  [event(`appended_at = now() - interval '2 minutes'`), 'truncate user_engine.outbox_events', ['outbox.lag']],
  [`alter role ${prefix}_relay nologin`, `alter role ${prefix}_relay login`, ['postgres.relay_reachable']],
  [`alter role ${prefix}_denials nologin`, `alter role ${prefix}_denials login`, ['denials.writable']],
  [`alter role ${prefix}_runtime nologin`, `alter role ${prefix}_runtime login`, ['store.reachable']],
]

it.each(BREAKS)('notices: %s', async (change, undo, codes) => {
  await admin.query(change)
  const broken = await readiness()
  await admin.query(undo)
  expect(broken.codes).toEqual(codes)
  expect(broken.status).toBe(
    broken.problems.some(({ status }) => status === 'fail') ? 'not_ready' : 'degraded',
  )
  expect((await readiness()).codes).toEqual([])
})

it('passes on a schema that a newer release made without breaking it', async () => {
  await admin.query(
    `insert into user_engine.schema_migrations values (2, 'newer', 'x', false, 1, now(), 'y', 1)`,
  )
  const report = await readiness()
  await admin.query('delete from user_engine.schema_migrations where id = 2')
  expect(report.status).toBe('ready')
  expect(report.checks.find(({ code }) => code === 'schema.version')?.details).toMatchObject({
    state: 'ahead',
  })
  // What a login may do is known for the schema of this release alone; all else is looked at as ever.
  const ofLogins = CHECKS.slice(CHECKS.indexOf('postgres.role_bypasses_isolation'))
  expect(report.checks.map(({ code }) => code)).toEqual(CHECKS.filter((code) => !ofLogins.includes(code)))
})

it('notices a server that is too old', async () => {
  const { rows } = await admin.query<{ number: string }>(
    `select current_setting('server_version_num') as number`,
  )
  const proxy = await startWireProxy(handoffOf(database).endpoint)
  proxy.rewrite((frame) => {
    const told = frame.from === 'server' && frame.type === 'D' ? frame.bytes.toString('latin1') : ''
    const bytes = Buffer.from(told.replace(rows[0]?.number ?? '', '170005'), 'latin1')
    return told === '' ? frame : { ...frame, bytes }
  })
  const { connectionString } = database.config('runtime')
  const url = new URL(connectionString ?? '')
  url.port = String(proxy.port)
  const runtime = new Pool({ connectionString: url.href })
  const { status, problems } = await readiness({ runtime })
  await runtime.end()
  await proxy.stop()
  expect({ status, problems }).toEqual({
    status: 'not_ready',
    problems: [
      { code: 'postgres.server_version', status: 'fail', details: { version: '17.5', minimum: '17.6' } },
    ],
  })
})

it('says of the server what is too old', () => {
  expect(judgeServerVersion(150014)).toEqual({ version: '15.14', minimum: '15.14', supported: true })
  expect(judgeServerVersion(150013).supported).toBe(false)
  expect(judgeServerVersion(160009).supported).toBe(false)
  expect(judgeServerVersion(170005).supported).toBe(false)
  expect(judgeServerVersion(180000).supported).toBe(true)
  expect(judgeServerVersion(190002).supported).toBe(true)
  expect(judgeServerVersion(140022)).toEqual({ version: '14.22', minimum: null, supported: false })
})

it('calls a connection exposed that is plain and not of this machine', () => {
  const plain = (address: string | null) => isExposed({ encrypted: false, address })
  expect(['10.0.0.5', '192.168.1.1', 'fe80::1', '2001:db8::1'].map(plain)).toEqual([true, true, true, true])
  expect([null, '127.0.0.1', '127.1.2.3', '::1'].map(plain)).toEqual([false, false, false, false])
  expect(isExposed({ encrypted: true, address: '10.0.0.5' })).toBe(false)
})

it('tells an operator names and numbers', async () => {
  const gauges = await readGauges(await database.connect('diagnose'))
  expect(gauges).toMatchObject({ 'postgres.encrypted': false, 'postgres.rows.isolation_probe': 1 })
  expect(Object.values(gauges).filter((value) => typeof value === 'number')).toHaveLength(40)
})

afterAll(() => admin.query('truncate user_engine.outbox_events'))
