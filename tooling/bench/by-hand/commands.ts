import { DIRECTORY } from '@user-engine/store'
import type { PoolConfig } from 'pg'

import { executeBatch } from '../../../packages/postgres/src/batch.ts'
import { BIND, newId, openConnections } from './connections.ts'

const KEEP = `kept as (
  insert into user_engine.idempotency_records (scope_id, actor, key, command_id, request_hash, result, created_at, expires_at)
  values ($1, 'service:bench', $2, $3, 'a hash of forty-three characters, as it stands', '{"id": "1", "version": 1}', $4,
    now() + interval '1 day') returning key
)`
const audit = (action: string, kind: string) => `audited as (
  insert into user_engine.audit_records (scope_id, id, occurred_at, actor_kind, actor_id, action, target_kind, target_id,
    command_id, changes)
  values ($1, $5, $4, 'service', 'bench', '${action}', '${kind}', $6::uuid::text, $3, '[{"id": "1", "version": 1}]') returning id
)`
const event = (type: string, kind: string, version: string) => `
  insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
    occurred_at, command_id, data)
  values ($1, $7, '${type}', '${kind}', $8, ${version}, 0, $4, $3, '{"userId": "1", "state": "set"}')`
const guarded = (name: string, table: string, where: string) =>
  `${name} as (select id from user_engine.${table} where ${where} for share)`

/** Two statements: what the decision reads, and what it writes; row locks and versions in the latter. */
const SQL = {
  profile: {
    read: `select t.state as tenant, ta.state as account, ta.id, p.id as value_id, p.version, p.value, c.definitions
      from user_engine.tenants t
      join user_engine.tenant_accounts ta on ta.scope_id = t.id and ta.user_id = $3
      join user_engine.profile_values p on p.scope_id = t.id and p.user_id = $3 and p.owner_id = t.id and p.attribute = $4
      join user_engine.attribute_catalogs c on c.scope_id = t.id and c.id = p.catalog_id
      where t.scope_id = $1 and t.id = $2`,
    write: `with ${KEEP}, ${guarded('tenant', 'tenants', `scope_id = $11 and id = $1 and version = 1`)},
      ${guarded('member', 'tenant_accounts', 'scope_id = $1 and id = $12 and version = 1')},
      changed as (
        update user_engine.profile_values set value = $9, version = version + 1, updated_at = $4
        where scope_id = $1 and id = $8 and version = $10 and exists (select from tenant) and exists (select from member)
        returning version
      ), ${audit('profile_value.set', 'user')}
      ${event('profile_value.set', 'profile_value', '(select version from changed)')}`,
  },
  link: {
    read: 'select state, version from user_engine.users where scope_id = $1 and id = $2',
    write: `with ${KEEP}, ${guarded('person', 'users', `scope_id = $11 and id = $6 and version = 1`)},
      linked as (
        insert into user_engine.external_identities
          (scope_id, id, version, created_at, updated_at, user_id, issuer, subject, state)
        select $11, $8, 1, $4, $4, id, $9, $10, 'linked' from person returning version
      ), ${audit('external_identity.link', 'user')}
      ${event('external_identity.linked', 'external_identity', '(select version from linked)').replace('$1, $7', '$11, $7')}`,
  },
  membership: {
    read: `select t.state as tenant, g.state as group, ta.state as account, m.id
      from user_engine.tenants t
      join user_engine.groups g on g.scope_id = t.id and g.id = $3
      join user_engine.tenant_accounts ta on ta.scope_id = t.id and ta.id = $4
      left join user_engine.memberships m on m.scope_id = t.id and m.group_id = g.id and m.tenant_account_id = ta.id
      where t.scope_id = $1 and t.id = $2`,
    write: `with ${KEEP}, ${guarded('tenant', 'tenants', `scope_id = $11 and id = $1 and version = 1`)},
      ${guarded('member', 'tenant_accounts', 'scope_id = $1 and id = $9 and version = 1')},
      team as (select id from user_engine.groups where scope_id = $1 and id = $6 and version = 1 for share),
      added as (
        insert into user_engine.memberships
          (scope_id, id, version, created_at, updated_at, group_id, tenant_account_id, roles, state)
        select $1, $8, 1, $4, $4, team.id, member.id, $10, 'active' from team, member, tenant returning version
      ), ${audit('membership.add', 'group')}
      ${event('membership.added', 'membership', '(select version from added)')}`,
  },
} as const

export async function commandsByHand(config: PoolConfig, tenantId: string) {
  const { use, close } = await openConnections(config)
  const bind = { name: 'hand_bind', text: BIND, values: [DIRECTORY, tenantId] }

  const turn = (name: keyof typeof SQL, read: readonly unknown[], write: (row: Row) => readonly unknown[]) =>
    use(async (client) => {
      const reading = { name: `hand_${name}_read`, text: SQL[name].read, values: read }
      const { results } = await executeBatch(client, [bind, reading])
      const [row] = results[1]?.rows ?? []
      if (row === undefined) throw new Error('nothing was found')
      const common = [tenantId, crypto.randomUUID(), newId(), new Date(), newId()]
      const writing = {
        name: `hand_${name}_write`,
        text: SQL[name].write,
        values: [...common, ...write(row)],
      }
      await executeBatch(client, [bind, writing])
    })

  /** The same without a look: what it needs is active, or nothing is written. */
  const atOnce = (name: 'link' | 'membership', write: readonly unknown[]) =>
    use(async (client) => {
      const text = SQL[name].write.replaceAll('version = 1', `state = 'active'`)
      const values = [tenantId, crypto.randomUUID(), newId(), new Date(), newId(), ...write]
      await executeBatch(client, [bind, { name: `hand_${name}_at_once`, text, values }])
    })

  const link = (userId: string, issuer: string) => [
    userId,
    newId(),
    newId(),
    issuer,
    crypto.randomUUID(),
    DIRECTORY,
  ]
  const membership = (groupId: string, tenantAccountId: string) => [
    groupId,
    newId(),
    newId(),
    tenantAccountId,
    JSON.stringify(['reader']),
    DIRECTORY,
  ]

  return {
    profile: (userId: string, attribute: string, value: string) =>
      turn('profile', [DIRECTORY, tenantId, userId, attribute], (row) => [
        userId,
        newId(),
        row['value_id'],
        JSON.stringify(value),
        row['version'],
        DIRECTORY,
        row['id'],
      ]),
    link: (userId: string, issuer: string) => turn('link', [DIRECTORY, userId], () => link(userId, issuer)),
    membership: (groupId: string, tenantAccountId: string) =>
      turn('membership', [DIRECTORY, tenantId, groupId, tenantAccountId], () =>
        membership(groupId, tenantAccountId),
      ),
    linkAtOnce: (userId: string, issuer: string) => atOnce('link', link(userId, issuer)),
    membershipAtOnce: (groupId: string, tenantAccountId: string) =>
      atOnce('membership', membership(groupId, tenantAccountId)),
    close,
  }
}

type Row = Readonly<Record<string, unknown>>
