import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { provideEmbeddedPostgres, type ProvidedPostgres } from '../src/provider.ts'
import { seededUsers, writeSeededExport } from './seeded-export.ts'

const USERS = 50_000
const SEED = 20_261_123
const KILLS = 10
const directory = mkdtempSync(join(tmpdir(), 'user-engine-import-'))
const script = join(import.meta.dirname, '../src/import-keycloak.ts')

let postgres: ProvidedPostgres
let admin: Client

beforeAll(async () => {
  postgres = await provideEmbeddedPostgres()
  const { handoff, receiver } = postgres
  admin = new Client({ ...receiver, database: handoff.database })
  await admin.connect()
  const file = { handoff, requestHashKeys: [crypto.randomUUID()] }
  writeFileSync(join(directory, 'handoff.json'), JSON.stringify(file))
})

afterAll(async () => {
  await admin.end()
  await postgres.stop()
  rmSync(directory, { recursive: true })
})

interface Run {
  readonly code: number | null
  readonly output: string
}

function start(path: string) {
  const handoff = join(directory, 'handoff.json')
  const env = { ...process.env, USER_ENGINE_EXAMPLE_HANDOFF: handoff, INIT_CWD: directory }
  const child = spawn(process.execPath, ['--conditions=@user-engine/source', script, path], { env })
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  const end: Promise<Run> = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, end }
}

async function rows(text: string): Promise<readonly Record<string, unknown>[]> {
  return (await admin.query(text)).rows as Record<string, unknown>[]
}

describe('the import of a realm export', () => {
  it('takes users without ids and services, says by name what it leaves, and changes nothing the second time', async () => {
    const path = join(directory, 'small.json')
    writeFileSync(
      path,
      JSON.stringify({
        realm: 'small',
        enabled: true,
        users: [
          {
            username: 'alice',
            enabled: true,
            email: 'alice@example.org',
            firstName: 'Alice',
            attributes: { department: ['Tours', 'Guides'], 'shoe size': ['44'] },
            realmRoles: ['user', 'user_premium'],
            clientRoles: { portal: ['reader'] },
            groups: ['/staff/guides'],
            credentials: [{ type: 'password', value: 'secret-of-alice' }],
          },
          { username: 'service-account-api', enabled: true, serviceAccountClientId: 'api', newField: 1 },
          { username: 7 },
        ],
        roles: { realm: [] },
        clients: [
          { clientId: 'portal', enabled: true, secret: 'secret-of-portal' },
          { clientId: 'legacy', enabled: false },
          { clientId: 7 },
        ],
      }),
    )
    const first = await start(path).end
    expect(first.code).toBe(1)
    expect(first.output).toContain('3 users read: 2 created, 0 completed, 0 there already, 1 refused')
    expect(first.output).toContain('not imported: credentials of 1 users')
    expect(first.output).toContain(
      'not imported: newField of 1 users: This importer does not know the field.',
    )
    expect(first.output).toContain('refused: users[2]: username: invalid_type')
    expect(first.output).toContain('clients: 2 created, 0 there already, 1 refused')
    expect(first.output).toContain('refused: clients[2]: clientId: invalid_type')
    expect(first.output).toContain('not imported: secret of 1 clients: A credential or key.')
    expect(first.output).toContain('not imported: attributes.shoe size of 1 users: A catalog can not name it')
    expect(first.output).not.toContain('secret-of')
    expect(first.output).not.toContain('alice@example.org')
    const profile = await rows('select attribute, value from user_engine.profile_values order by attribute')
    expect(profile).toEqual([
      { attribute: 'keycloak:department', value: ['Tours', 'Guides'] },
      { attribute: 'keycloak:email', value: 'alice@example.org' },
      { attribute: 'keycloak:firstName', value: 'Alice' },
    ])
    const groups = await rows(
      'select g.key, m.roles from user_engine.memberships m join user_engine.groups g on g.id = m.group_id order by key',
    )
    expect(groups).toEqual([
      { key: 'keycloak:client:portal', roles: ['reader'] },
      { key: 'keycloak:group:/staff/guides', roles: [] },
      { key: 'keycloak:roles', roles: ['user', 'user_premium'] },
    ])
    const applications = await rows(
      `select a.client_key, a.state, b.state as binding from user_engine.applications a
        left join user_engine.application_bindings b on b.application_id = a.id order by client_key`,
    )
    expect(applications).toEqual([
      { client_key: 'legacy', state: 'draft', binding: null },
      { client_key: 'portal', state: 'active', binding: 'active' },
    ])
    const before = await rows('select count(*)::int as n from user_engine.audit_records')
    const second = await start(path).end
    expect(second.output).toContain('3 users read: 0 created, 0 completed, 2 there already, 1 refused')
    expect(await rows('select count(*)::int as n from user_engine.audit_records')).toEqual(before)
    expect(await rows('select kind from user_engine.users order by kind')).toEqual([
      { kind: 'person' },
      { kind: 'service' },
    ])
  })

  it('finds a file from where the command was called, and refuses one that ends in the middle', async () => {
    writeFileSync(join(directory, 'cut.json'), '{"realm":"cut","users":[{"username":"bob"},')
    const { code, output } = await start('cut.json').end
    expect(code).not.toBe(0)
    expect(output).toContain('ends in the middle')
  })

  it(`is complete after ${KILLS} kills, each user once`, { timeout: 1_200_000 }, async () => {
    const path = join(directory, 'seeded.json')
    await writeSeededExport(path, USERS, SEED)
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { child, end } = start(path)
      await wait(700 + Math.random() * 2500)
      child.kill('SIGKILL')
      await end
    }
    const { code, output } = await start(path).end
    expect(output).toContain(`${USERS} users read`)
    expect(code).toBe(0)
    await reconcile()
  })
})

/** Compares what the export says with what the tables say, by SQL of the administrator and not through the engine. */
async function reconcile(): Promise<void> {
  const [tenant] = await rows("select id from user_engine.tenants where external_ref = 'keycloak:seeded'")
  const stored = await rows(
    `select ta.external_id as username, a.state, array_agg(i.issuer || ' ' || i.subject order by i.issuer) as identities
      from user_engine.tenant_accounts ta
      join user_engine.users u on u.id = ta.user_id
      join user_engine.accounts a on a.user_id = u.id
      join user_engine.external_identities i on i.user_id = u.id and i.state = 'linked'
      where ta.scope_id = '${String(tenant?.['id'])}'
      group by ta.external_id, a.state`,
  )
  const byName = new Map(stored.map((row) => [row['username'], row]))
  const issuers: Record<string, string> = {
    corporate: 'https://corporate.example.com',
    social: 'urn:keycloak:seeded:provider:social',
  }
  let wrong = 0
  for (const { id, username, enabled, federatedIdentities } of seededUsers(USERS, SEED)) {
    const expected = [
      ...federatedIdentities.map(({ identityProvider, userId }) => `${issuers[identityProvider]} ${userId}`),
      `urn:keycloak:seeded ${id}`,
    ].toSorted()
    const row = byName.get(username)
    const same = JSON.stringify(row?.['identities']) === JSON.stringify(expected)
    if (!same || row?.['state'] !== (enabled ? 'active' : 'disabled')) wrong += 1
  }
  expect({ wrong, stored: stored.length }).toEqual({ wrong: 0, stored: USERS })
  // Each version of each record has one event, and each command has one audit record, which its events name.
  const [sums] = await rows(
    `select (select count(*) from user_engine.outbox_events)::int as events,
      (select sum(version) from (select version from user_engine.users union all select version from user_engine.accounts
        union all select version from user_engine.external_identities union all select version from user_engine.tenant_accounts
        union all select version from user_engine.tenants union all select version from user_engine.profile_values
        union all select version from user_engine.groups union all select version from user_engine.memberships
        union all select version from user_engine.applications union all select version from user_engine.application_bindings
        union all select version from user_engine.attribute_catalogs) v)::int as versions,
      (select count(*) from user_engine.audit_records)::int as audits,
      (select count(distinct command_id) from user_engine.audit_records)::int as commands,
      (select count(distinct command_id) from user_engine.outbox_events)::int as told`,
  )
  expect(sums?.['events']).toBe(sums?.['versions'])
  expect([sums?.['audits'], sums?.['told']]).toEqual([sums?.['commands'], sums?.['commands']])
}
