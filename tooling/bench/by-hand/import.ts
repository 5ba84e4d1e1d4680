import { DIRECTORY } from '@user-engine/store'
import pg, { type PoolConfig, type Submittable } from 'pg'

import { newId } from './connections.ts'

const STAGING = `create temporary table staged (
  user_id uuid, account_id uuid, identity_id uuid, tenant_account_id uuid, subject text, external_id text,
  audit_id uuid, command_id uuid, event_1 uuid, event_2 uuid, event_3 uuid, event_4 uuid, at timestamptz, changes jsonb, data jsonb)`

const versioned = 'scope_id, id, version, created_at, updated_at'
const event = (scope: string, id: string, type: string, kind: string, of: string) =>
  `select ${scope}, ${id}, '${type}', '${kind}', ${of}, 1, 0, at, command_id, null, data from staged`

/** The rows that the engine writes, from the staged ones. */
const inserts = (tenantId: string) => {
  const [directory, tenant] = [`'${DIRECTORY}'::uuid`, `'${tenantId}'::uuid`]
  return [
    `select user_engine.bind_scope('${DIRECTORY}', '${tenantId}')`,
    `insert into user_engine.users (${versioned}, kind, state)
      select ${directory}, user_id, 1, at, at, 'person', 'active' from staged`,
    `insert into user_engine.accounts (${versioned}, user_id, state)
      select ${directory}, account_id, 1, at, at, user_id, 'active' from staged`,
    `insert into user_engine.external_identities (${versioned}, user_id, issuer, subject, state)
      select ${directory}, identity_id, 1, at, at, user_id, 'https://login.example.com', subject, 'linked' from staged`,
    `insert into user_engine.tenant_accounts (${versioned}, user_id, external_id, origin, state)
      select ${tenant}, tenant_account_id, 1, at, at, user_id, external_id, 'managed', 'active' from staged`,
    `insert into user_engine.audit_records (scope_id, id, occurred_at, actor_kind, actor_id, action, target_kind, target_id,
        command_id, correlation_id, changes)
      select ${tenant}, audit_id, at, 'service', 'bench', 'user.provision', 'user', user_id::text, command_id, null, changes
      from staged`,
    `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
        occurred_at, command_id, correlation_id, data)
      ${event(directory, 'event_1', 'user.created', 'user', 'user_id')} union all
      ${event(directory, 'event_2', 'account.created', 'account', 'account_id')} union all
      ${event(directory, 'event_3', 'external_identity.linked', 'external_identity', 'identity_id')} union all
      ${event(tenant, 'event_4', 'tenant_account.joined', 'tenant_account', 'tenant_account_id')}`,
  ].join(';\n')
}

const FIELDS = {
  user: ['kind', 'state'],
  account: ['userId', 'state'],
  external_identity: ['userId', 'issuer', 'subject', 'state'],
  tenant_account: ['userId', 'externalId', 'origin', 'state'],
}

function staged(subject: string, at: string): string {
  const ids = Array.from({ length: 4 }, newId)
  const more = Array.from({ length: 6 }, newId)
  const changes = Object.entries(FIELDS).map(([kind, fields], place) => {
    return { kind, scopeId: DIRECTORY, id: ids[place], version: 1, fields }
  })
  const data = { userId: ids[0], state: 'active' }
  const [json, told] = [JSON.stringify(changes), JSON.stringify(data)]
  return `${[...ids, subject, subject, ...more, at, json, told].join('\t')}\n`
}

/** Stages chunks by COPY, and inserts from there; each chunk is a transaction. Every row is made here, as the engine does. */
export async function copyByHand(config: PoolConfig, tenantId: string) {
  const client = new pg.Client(config)
  await client.connect()
  await client.query(STAGING)
  const sql = inserts(tenantId)
  return {
    async run(count: number, chunk = 5000) {
      for (let done = 0; done < count; done += chunk) {
        const at = new Date().toISOString()
        const lines = Array.from({ length: Math.min(chunk, count - done) }, (_, n) =>
          staged(`subject-${done + n}`, at),
        )
        await client.query('begin')
        await copyInto(client, 'copy staged from stdin', lines.join(''))
        await client.query(sql)
        await client.query('truncate staged')
        await client.query('commit')
      }
      return count
    },
    close: () => client.end(),
  }
}

interface CopyConnection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

function copyInto(client: pg.Client, text: string, data: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const copy = {
    submit: (connection: unknown) => (connection as CopyConnection).query(text),
    handleCopyInResponse(connection: CopyConnection) {
      connection.sendCopyFromChunk(Buffer.from(data))
      connection.endCopyFrom()
    },
    handleCommandComplete: () => {},
    handleError: (error: Error) => reject(error),
    handleReadyForQuery: () => resolve(),
  }
  client.query(copy as unknown as Submittable)
  return promise
}
