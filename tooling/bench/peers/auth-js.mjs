import PostgresAdapter from '@auth/pg-adapter'
import pg from 'pg'

/** The schema of its documentation, with the index that its sign-in needs and the documentation leaves out. */
export async function create(connectionString) {
  await run(
    connectionString,
    `create table users (id serial primary key, name varchar(255), email varchar(255), "emailVerified" timestamptz, image text);
     create table accounts (
       id serial primary key, "userId" integer not null, type varchar(255) not null, provider varchar(255) not null,
       "providerAccountId" varchar(255) not null, refresh_token text, access_token text, expires_at bigint, id_token text,
       scope text, session_state text, token_type text);
     create index on accounts (provider, "providerAccountId")`,
  )
}

/** Users `1` to `count`, with subjects `subject-1` and so on. */
export async function populate(connectionString, count) {
  await run(
    connectionString,
    `insert into users (name, email) select 'User ' || n, 'user-' || n || '@example.com' from generate_series(1, ${count}) n;
     insert into accounts ("userId", type, provider, "providerAccountId")
       select n, 'oidc', 'example', 'subject-' || n from generate_series(1, ${count}) n`,
  )
}

export async function open(config) {
  const pool = new pg.Pool(config)
  const adapter = PostgresAdapter(pool)
  return {
    async provision() {
      const subject = crypto.randomUUID()
      const user = await adapter.createUser({
        name: 'Ada',
        email: `${subject}@example.com`,
        emailVerified: null,
      })
      await adapter.linkAccount({
        userId: user.id,
        type: 'oidc',
        provider: 'example',
        providerAccountId: subject,
      })
    },
    async signIn(subject) {
      const user = await adapter.getUserByAccount({ provider: 'example', providerAccountId: subject })
      if (user === null) throw new Error('nobody was found')
    },
    close: () => pool.end(),
  }
}

async function run(connectionString, sql) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(sql)
  await client.end()
}
