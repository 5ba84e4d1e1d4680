import { DIRECTORY, type StoreError } from '@user-engine/store'
import type { Client } from 'pg'
import { describe, expect, it } from 'vitest'

import { maintain, planMaintenance } from '../src/migrate.ts'
import { planSteps } from '../src/maintenance.ts'
import { idOf, intervalOf, type PartitionSet } from '../src/partitions.ts'
import { findRowSecurityProblems } from '../src/row-level-security.ts'
import { meaningOf, serverFault } from '../src/sqlstate.ts'
import { createProvidedDatabase, outcome } from './provided-database.ts'

const database = await createProvidedDatabase()
const migrator = { connection: database.config('migrator'), rolePrefix: database.prefix }
const admin = await database.connect(null)
const runtime = await database.connect('runtime')

const MONTH = 2_629_800_000
const NOW = Date.now()

/** An id as a clock that shows `ms` would make it. */
function idAt(ms: number): string {
  return idOf(ms).slice(0, 14) + crypto.randomUUID().slice(14)
}

function audit(client: Client, id: string) {
  return client.query(
    `insert into user_engine.audit_records
      values ($1, $2, now(), 'service', 'test', 'user.provision', 'user', 'a', gen_random_uuid(), null, '[]')`,
    [DIRECTORY, id],
  )
}

/** As the engine would, in the directory. */
async function write(id: string): Promise<void> {
  await runtime.query('begin')
  await runtime.query('select user_engine.bind_scope($1)', [DIRECTORY])
  await audit(runtime, id)
  await runtime.query('commit')
}

async function placeOf(id: string): Promise<string | null> {
  const { rows } = await admin.query<{ place: string }>(
    `select tableoid::regclass::text as place from user_engine.audit_records where id = $1`,
    [id],
  )
  return rows[0]?.place.replace('user_engine.', '') ?? null
}

/** The partition that a time would be in. */
const partition = (ms: number) => `audit_records_${intervalOf('audit_records', ms).suffix}`

function sql(text: string): Promise<unknown> {
  return admin.query(text)
}

describe('what is due', () => {
  const set = (more: Partial<PartitionSet>): PartitionSet => ({
    table: 'audit_records',
    keepDays: null,
    partitions: [],
    ...more,
  })
  const range = (from: string, to: string) => ({
    name: `audit_records_p${from.slice(0, 7).replace('-', '')}`,
    from: Date.parse(from),
    to: Date.parse(to),
  })
  const due = (now: string, ...sets: readonly PartitionSet[]) =>
    planSteps({ now: Date.parse(now), sets }).map(({ action, partition: name }) => `${action} ${name}`)

  it('is the partition in use and those ahead, across the end of a year', () => {
    expect(due('2026-11-30T23:59:59.999Z', set({}))).toEqual([
      'create audit_records_p202611',
      'create audit_records_p202612',
      'create audit_records_p202701',
      'create audit_records_p202702',
    ])
  })

  it('is also what was forgotten since the newest one', () => {
    const partitions = [range('2026-07-01', '2026-08-01')]
    const created = due('2026-11-01T00:00:00Z', set({ partitions }))
    expect(created[0]).toBe('create audit_records_p202608')
    expect(created).toHaveLength(3 + 1 + 3)
  })

  it('is to drop a partition on the day on which nothing of it is kept any more, and not before', () => {
    const partitions = [range('2026-01-01', '2026-02-01'), range('2026-02-01', '2027-06-01')]
    const old = set({ keepDays: 30, partitions })
    expect(due('2026-03-02T23:59:59Z', old)).toEqual([])
    expect(due('2026-03-03T00:00:00Z', old)).toEqual(['drop audit_records_p202601'])
    expect(due('2099-03-03T00:00:00Z', set({ partitions }))).not.toContain('drop audit_records_p202601')
  })

  it('is a day at a time for delivered events, and nothing where none are kept', () => {
    const delivered = (keepDays: number) => set({ table: 'delivered_events', keepDays })
    const created = due('2026-02-27T12:00:00Z', delivered(7))
    expect(created.slice(0, 3)).toEqual([
      'create delivered_events_p20260227',
      'create delivered_events_p20260228',
      'create delivered_events_p20260301',
    ])
    expect(created).toHaveLength(15)
    expect(due('2026-02-27T12:00:00Z', delivered(0))).toEqual([])
  })
})

describe('a partition', () => {
  it('is there for now and for three months ahead, by migrating alone', async () => {
    expect(await planMaintenance(migrator)).toEqual([])
    const id = idAt(NOW)
    await write(id)
    expect(await placeOf(id)).toBe(partition(NOW))
  })

  it.each(['runtime', 'relay', 'diagnose', 'denials'] as const)(
    'is closed to the %s login, which has its table',
    async (login) => {
      const client = await database.connect(login)
      expect(await outcome(client, `select from user_engine.${partition(NOW)}`)).toBe('42501')
    },
  )

  it('shows nothing to the owner, and is whole in the eyes of the check', async () => {
    const owner = await database.connect('migrator')
    await owner.query(`set role ${database.prefix}_owner`)
    expect((await owner.query(`select from user_engine.${partition(NOW)}`)).rowCount).toBe(0)
    expect(await findRowSecurityProblems(owner)).toEqual([])
    await sql(`create policy open on user_engine.${partition(NOW)} using (true)`)
    expect(await findRowSecurityProblems(owner)).toEqual([
      { table: partition(NOW), problem: 'policy_unexpected' },
    ])
    await sql(`drop policy open on user_engine.${partition(NOW)}`)
  })

  it('is planned as its table is, for a scope that may have everything', async () => {
    const planned = await admin.query<{ options: string }>(
      `select distinct concat(attoptions, ' statistics ', attstattarget) as options
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'user_engine'::regnamespace and c.relispartition and c.relkind = 'r' and a.attname = 'scope_id'`,
    )
    expect(planned.rows).toEqual([{ options: '{n_distinct=1,n_distinct_inherited=1} statistics 1' }])
  })

  it('has its constraints named as the table has, for the port and within 45 characters', async () => {
    const id = idAt(NOW)
    await write(id)
    const error: unknown = await write(id).catch((caught: unknown) => caught)
    await runtime.query('rollback')
    const fault = serverFault(error as Parameters<typeof serverFault>[0])
    expect(fault.constraint).toBe('audit_record_id')
    expect((meaningOf(fault) as StoreError).details).toEqual({ constraint: 'audit_record_id' })
    const names = await admin.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'user_engine'::regnamespace and relispartition`,
    )
    expect(names.rows.length).toBeGreaterThan(20)
    for (const { name } of names.rows) expect(name).toMatch(/^.{1,34}_(?:default|p\d{6}|p\d{8})$/)
  })

  it('is read only where a page is in it', async () => {
    await runtime.query('begin')
    await runtime.query('select user_engine.bind_scope($1)', [DIRECTORY])
    const { rows } = await runtime.query<{ 'QUERY PLAN': string }>(
      `explain (costs off) select id from user_engine.audit_records
        where scope_id = '${DIRECTORY}' and id > '${idOf(NOW + 2 * MONTH)}' order by id limit 10`,
    )
    await runtime.query('rollback')
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain(intervalOf('audit_records', NOW + 2 * MONTH).suffix)
    expect(plan).not.toContain(`${partition(NOW)} `)
    expect(plan).not.toContain('Seq Scan')
  })
})

describe('a clock that is odd, or a migrator that is late', () => {
  it('fails no command', async () => {
    for (const ms of [0, Date.UTC(1980, 0), Date.UTC(2099, 0)]) {
      const id = idAt(ms)
      await write(id)
      expect(await placeOf(id)).toBe('audit_records_default')
    }
  })

  it('costs nothing but a move, which loses nothing', async () => {
    await sql(`drop table user_engine.${partition(NOW)}`)
    const ids = Array.from({ length: 100 }, () => idAt(NOW))
    for (const id of ids) await write(id)
    expect(await placeOf(ids[0] ?? '')).toBe('audit_records_default')
    const { steps } = await maintain(migrator)
    expect(steps.map(({ partition: name }) => name)).toEqual([partition(NOW)])
    expect(new Set(await Promise.all(ids.map(placeOf)))).toEqual(new Set([partition(NOW)]))
    expect(await findRowSecurityProblems(admin)).toEqual([])
  })

  it('lets who writes at that moment write again', async () => {
    await sql(`drop table user_engine.${partition(NOW)}`)
    const { from, to, suffix } = intervalOf('audit_records', NOW)
    const owner = await database.connect('migrator')
    await owner.query(`begin; set role ${database.prefix}_owner`)
    const values = ['audit_records', suffix, idOf(from), idOf(to)]
    await owner.query('select user_engine.add_partition($1, $2, $3, $4)', values)
    const id = idAt(NOW)
    const writing = write(id).catch((error: unknown) => error)
    // It waits for the default partition.
    for (;;) {
      const { rowCount } = await admin.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (rowCount !== 0) break
    }
    await owner.query('commit')
    const error = await writing
    await runtime.query('rollback')
    const meaning = meaningOf(serverFault(error as Parameters<typeof serverFault>[0]))
    expect(meaning).toMatchObject({ code: 'SERIALIZATION', retryable: true })
    await write(id)
    expect(await placeOf(id)).toBe(partition(NOW))
  })
})

describe('retention', () => {
  it('drops what is older as a whole, and what is outside of all partitions too', async () => {
    const old = intervalOf('audit_records', NOW - 3 * MONTH)
    const values = ['audit_records', old.suffix, idOf(old.from), idOf(old.to)]
    await admin.query('select user_engine.add_partition($1, $2, $3, $4)', values)
    await sql(`alter table user_engine.audit_records_${old.suffix} owner to ${database.prefix}_owner`)
    const gone = [idAt(old.from), idAt(Date.UTC(1980, 0))]
    const kept = [idAt(NOW), idAt(Date.UTC(2099, 0))]
    for (const id of [...gone, ...kept]) await write(id)

    const planned = await planMaintenance({ ...migrator, keepDays: { audit_records: 30 } })
    expect(planned.map(({ action, partition: name }) => `${action} ${name}`)).toEqual([
      `drop audit_records_${old.suffix}`,
    ])
    expect(await placeOf(gone[0] ?? '')).not.toBeNull()
    const { steps } = await maintain({ ...migrator, keepDays: { audit_records: 30 } })
    expect(steps).toEqual(planned)
    expect(await Promise.all(gone.map(placeOf))).toEqual([null, null])
    expect(await Promise.all(kept.map(placeOf))).toEqual([partition(NOW), 'audit_records_default'])
    // What was said once holds.
    const { rows } = await admin.query(
      `select keep_days from user_engine.retention where table_name = 'audit_records'`,
    )
    expect(rows).toEqual([{ keep_days: 30 }])
    await maintain({ ...migrator, keepDays: { audit_records: null } })
  })

  it('never empties the audit: that takes a number above nought', async () => {
    await expect(maintain({ ...migrator, keepDays: { audit_records: 0 } })).rejects.toThrow(TypeError)
    await expect(maintain({ ...migrator, keepDays: { users: 1 } as never })).rejects.toThrow(TypeError)
  })

  it('removes idempotency keys whose time is over, of all scopes, and no others', async () => {
    const key = (scope: string, more: string) =>
      sql(`insert into user_engine.idempotency_records
        values ('${scope}', 'a', gen_random_uuid(), gen_random_uuid(), 'h', '{}', now(), now() ${more})`)
    for (const scope of [DIRECTORY, crypto.randomUUID(), crypto.randomUUID()]) {
      await key(scope, `- interval '1 ms'`)
      await key(scope, `+ interval '1 hour'`)
    }
    expect((await maintain(migrator)).expiredKeys).toBe(3)
    const { rowCount } = await admin.query('select from user_engine.idempotency_records')
    expect(rowCount).toBe(3)
  })
})
