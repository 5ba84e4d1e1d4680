import { DIRECTORY } from '@user-engine/store'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool, type PoolConfig } from 'pg'

/** Tables as a program of its own would declare them: kysely checks nothing of it at run time. */
type Tables = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/**
 * As its documentation writes a transaction: one statement after the other. The rows are those of the engine. Its statements
 * have no names: the server plans each for its values, unless it is told otherwise, as the engine's role tells it.
 */
export function kyselyOver(config: PoolConfig) {
  const pool = new Pool({ ...config, options: '-c plan_cache_mode=auto' })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })

  async function provision(tenantId: string): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await sql`select set_config('user_engine.scopes', array[${DIRECTORY}::uuid, ${tenantId}::uuid]::text, true)`.execute(
        tx,
      )
      const inSchema = tx.withSchema('user_engine')
      const tenant = await inSchema
        .selectFrom('tenants')
        .select(['id', 'state'])
        .where('scope_id', '=', DIRECTORY)
        .where('id', '=', tenantId)
        .forShare()
        .executeTakeFirstOrThrow()
      if (tenant['state'] !== 'active') throw new Error('the tenant is not active')
      const key = crypto.randomUUID()
      const now = new Date()
      const [user, account, identity, tenantAccount, command] = Array.from({ length: 5 }, () =>
        crypto.randomUUID(),
      )
      const base = { scope_id: DIRECTORY, version: 1, created_at: now, updated_at: now, state: 'active' }
      const insert = (table: string, values: object | readonly object[]) =>
        inSchema.insertInto(table).values(values).execute()
      await insert('idempotency_records', {
        scope_id: tenantId,
        actor: 'service:bench',
        key,
        command_id: command,
        request_hash: 'a hash of forty-three characters, as it stands',
        result: JSON.stringify({ user, account, identity }),
        created_at: now,
        expires_at: new Date(now.getTime() + 86_400_000),
      })
      await insert('users', { ...base, id: user, kind: 'person' })
      await insert('accounts', { ...base, id: account, user_id: user })
      await insert('external_identities', {
        ...base,
        id: identity,
        user_id: user,
        issuer: 'https://login.example.com',
        subject: crypto.randomUUID(),
        state: 'linked',
      })
      await insert('tenant_accounts', {
        ...base,
        scope_id: tenantId,
        id: tenantAccount,
        user_id: user,
        origin: 'unmanaged',
      })
      const changes = [user, account, identity, tenantAccount].map((id) => ({ id, version: 1 }))
      await insert('audit_records', {
        scope_id: tenantId,
        id: crypto.randomUUID(),
        occurred_at: now,
        actor_kind: 'service',
        actor_id: 'bench',
        action: 'user.provision',
        target_kind: 'user',
        target_id: user,
        command_id: command,
        changes: JSON.stringify(changes),
      })
      const event = (scope: string, type: string, kind: string, id: string | undefined) => ({
        scope_id: scope,
        id: crypto.randomUUID(),
        type,
        aggregate_kind: kind,
        aggregate_id: id,
        aggregate_version: 1,
        ordinal: 0,
        occurred_at: now,
        command_id: command,
        data: JSON.stringify({ userId: user, state: 'active' }),
      })
      await insert('outbox_events', [
        event(DIRECTORY, 'user.created', 'user', user),
        event(DIRECTORY, 'account.created', 'account', account),
        event(DIRECTORY, 'external_identity.linked', 'external_identity', identity),
        event(tenantId, 'tenant_account.joined', 'tenant_account', tenantAccount),
      ])
    })
  }

  return { db, provision, close: () => db.destroy() }
}
