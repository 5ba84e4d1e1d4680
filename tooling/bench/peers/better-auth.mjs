import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { organization } from 'better-auth/plugins'
import pg from 'pg'

const options = (pool) => ({
  database: pool,
  secret: 'a secret of thirty-two characters, or more',
  baseURL: 'http://localhost',
  plugins: [organization()],
  telemetry: { enabled: false },
  logger: { disabled: true },
})

/** As its own migrations make it: no index and no constraint on (providerId, accountId). */
export async function create(connectionString) {
  const pool = new pg.Pool({ connectionString })
  const { runMigrations } = await getMigrations(options(pool))
  await runMigrations()
  await pool.query(
    `insert into organization (id, name, slug, "createdAt") values ('organization-1', 'One', 'one', now())`,
  )
  await pool.end()
}

export async function populate(connectionString, count) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
       select 'user-' || n, 'User ' || n, 'user-' || n || '@example.com', true, now(), now() from generate_series(1, ${count}) n;
     insert into account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
       select 'account-' || n, 'subject-' || n, 'example', 'user-' || n, now(), now() from generate_series(1, ${count}) n;
     insert into member (id, "organizationId", "userId", role, "createdAt")
       select 'member-' || n, 'organization-1', 'user-' || n, 'member', now() from generate_series(1, ${count}) n`,
  )
  await client.end()
}

/** What it lacks. */
export const INDEX = 'create unique index on account ("providerId", "accountId")'

export async function open(config) {
  const pool = new pg.Pool(config)
  const { internalAdapter, adapter } = await betterAuth(options(pool)).$context
  return {
    async provision() {
      const subject = crypto.randomUUID()
      const { user } = await internalAdapter.createOAuthUser(
        { name: 'Ada', email: `${subject}@example.com`, emailVerified: true },
        { providerId: 'example', accountId: subject },
      )
      await adapter.create({
        model: 'member',
        data: { organizationId: 'organization-1', userId: user.id, role: 'member', createdAt: new Date() },
      })
    },
    async signIn(subject) {
      const owner = await internalAdapter.findAccountOwnerByKey({ providerId: 'example', accountId: subject })
      if (owner?.kind !== 'owned') throw new Error('nobody was found')
      const where = [
        { field: 'userId', value: owner.user.id },
        { field: 'organizationId', value: 'organization-1' },
      ]
      if ((await adapter.findOne({ model: 'member', where })) === null) throw new Error('nobody was found')
    },
    close: () => pool.end(),
  }
}
