import outbox from 'pg-transactional-outbox'
import pg from 'pg'

const names = {
  outboxOrInbox: 'outbox',
  schema: 'public',
  table: 'outbox',
  nextMessagesSchema: 'public',
  nextMessagesName: 'next_outbox_messages',
}

export async function fill(connectionString, count) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const { rows } = await client.query('select current_user as role, current_database() as database')
  const setup = { ...names, listenerRole: rows[0].role, database: rows[0].database }
  await client.query(outbox.DatabaseSetup.dropAndCreateTable(setup))
  await client.query(outbox.DatabaseSetup.createPollingFunction(setup))
  await client.query(outbox.DatabaseSetup.setupPollingIndexes(setup))
  await client.query(`insert into public.outbox (id, aggregate_type, aggregate_id, message_type, segment, concurrency, payload)
    select gen_random_uuid(), 'user', n, 'user.created', n::text, 'sequential', '{"state": "active", "origin": "unmanaged"}'
    from generate_series(1, ${count}) n`)
  await client.end()
}

/** Stops after ten seconds, delivered or not: its rate is what counts. */
export async function prepare(connectionString, expected) {
  const config = new URL(connectionString)
  const dbListenerConfig = {
    host: config.hostname,
    port: Number(config.port),
    user: config.username,
    password: decodeURIComponent(config.password),
    database: config.pathname.slice(1),
  }
  return {
    async drain(batchSize) {
      let delivered = 0
      const all = Promise.withResolvers()
      const handler = {
        handle: async () => {
          delivered += 1
          if (delivered === expected) all.resolve()
        },
      }
      const settings = {
        dbSchema: 'public',
        dbTable: 'outbox',
        enableMaxAttemptsProtection: false,
        enablePoisonousMessageProtection: false,
        nextMessagesBatchSize: batchSize,
        nextMessagesFunctionName: 'next_outbox_messages',
        nextMessagesPollingIntervalInMs: 1,
      }
      const listener = { outboxOrInbox: 'outbox', dbListenerConfig, settings }
      const [shutdown] = outbox.initializePollingMessageListener(
        listener,
        handler,
        outbox.getDisabledLogger(),
      )
      const limit = setTimeout(() => all.resolve(), 10_000)
      await all.promise
      clearTimeout(limit)
      const done = delivered
      await shutdown()
      return done
    },
    close: async () => {},
  }
}
