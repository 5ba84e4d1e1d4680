import { setTimeout as wait } from 'node:timers/promises'

import { isStoreError } from '@user-engine/store'
import { Client } from 'pg'

import { createInbox } from '../src/consumer.ts'
import { createPostgresStore, type Handoff } from '../src/index.ts'

/** A consumer that is slow between effect and commit, so that it can be killed there. */
const { store: handoff, consumer } = JSON.parse(process.env['CONSUMER'] ?? '') as {
  store: Handoff
  consumer: { connectionString: string }
}
const store = createPostgresStore(handoff)
const client = new Client(consumer)
client.on('error', () => {})
await client.connect()
const inbox = createInbox({ consumer: 'test', schema: 'consumer' })

for (;;) {
  const { token, events } = await store.outbox.claim({ limit: 5, leaseMs: 400, ack: null })
  if (events.length === 0) await wait(20)
  for (const { event } of events) {
    await client.query('begin')
    try {
      await inbox.once(client, { eventId: event.id, token }, async () => {
        const { aggregate, aggregateVersion } = event
        await client.query(
          'insert into consumer.effects (event_id, aggregate_id, version) values ($1, $2, $3)',
          [event.id, aggregate.id, aggregateVersion],
        )
        process.send?.('between effect and acknowledgement')
        await wait(20)
      })
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      if (!isStoreError(error, 'LEASE_LOST')) throw error
    }
  }
}
