import { StoreError, type EventId, type LeaseToken } from '@user-engine/store'
import { sql } from 'kysely'
import { escapeIdentifier, type ClientBase } from 'pg'

import { LEASE_MISMATCH } from './locks.ts'
import { DIALECTS } from './dialect.ts'
import { acknowledge } from './outbox-relay.ts'
import { DEFAULT_ROLE_PREFIX, roleName } from './role-names.ts'
import { isServerError } from './sqlstate.ts'
import type { Statement } from './statement.ts'
import { asCompilable, template } from './template.ts'

const INBOX = 'user_engine_inbox'

export interface ConsumerSqlOptions {
  /** The consumer's own login. It becomes a member of the relay's role, and can do with the outbox what the relay can. */
  readonly login: string
  /** The consumer's own schema, where its inbox is made. */
  readonly schema: string
  /** What the names of the roles begin with; `user_engine` where absent. */
  readonly rolePrefix?: string
}

/** What a provider runs for a consumer in the same database: the inbox, and the rights to take from the outbox. */
export function consumerSql({ login, schema, rolePrefix = DEFAULT_ROLE_PREFIX }: ConsumerSqlOptions): string {
  const inbox = `${escapeIdentifier(schema)}.${INBOX}`
  const role = escapeIdentifier(login)
  return [
    `create table if not exists ${inbox} (
  consumer text collate "C" not null,
  event_id uuid not null,
  received_at timestamptz not null default now(),
  primary key (consumer, event_id)
);`,
    `grant usage on schema ${escapeIdentifier(schema)} to ${role};`,
    `grant select, insert on ${inbox} to ${role};`,
    `grant ${roleName('relay', rolePrefix)} to ${role};`,
  ].join('\n')
}

export interface InboxOptions {
  /** The name of this consumer: each has every event once. */
  readonly consumer: string
  /** The consumer's own schema, as given to `consumerSql`. */
  readonly schema: string
}

/** An event of a claim. */
export interface Delivery {
  readonly eventId: EventId
  readonly token: LeaseToken
}

/** Exactly one effect of an event, for a consumer whose effects are in the same database as the outbox. */
export interface Inbox {
  /**
   * Runs `effect` unless this consumer had it of the event before, and acknowledges the event, all in the transaction that is
   * open on `client`: the effect, its mark and the acknowledgement commit together or not at all. Answers whether the
   * effect was run.
   *
   * Rejects with LEASE_LOST where another worker has taken the event over, and with what `effect` rejects with; roll back
   * then. TypeError where no transaction is open.
   */
  once(client: ClientBase, delivery: Delivery, effect: () => Promise<void>): Promise<boolean>
}

export function createInbox({ consumer, schema }: InboxOptions): Inbox {
  const mark = template<'eventId'>((parameter) =>
    asCompilable(sql`insert into ${sql.id(schema, INBOX)} (consumer, event_id)
      values (${consumer}, ${parameter('eventId')}) on conflict do nothing`),
  )
  return {
    async once(client, { eventId, token }, effect) {
      if (client.getTransactionStatus() !== 'T') {
        throw new TypeError('once() works in a transaction that is open: begin one on the client first.')
      }
      const { rowCount } = await send(client, mark({ eventId }))
      if (rowCount === 1) await effect()
      await send(client, acknowledge({ token, eventIds: [eventId] }, DIALECTS.postgres))
      return rowCount === 1
    },
  }
}

/** On a connection of somebody else's no name is taken. */
async function send(client: ClientBase, { text, values }: Statement) {
  try {
    return await client.query(text, [...values])
  } catch (error) {
    if (isServerError(error) && error.code === LEASE_MISMATCH) throw new StoreError('LEASE_LOST', {})
    throw error
  }
}
