import { StoreError, type EventId, type LeaseToken } from '@user-engine/store'
import { escapeIdentifier, type ClientBase } from 'pg'

import { LEASE_MISMATCH } from './locks.ts'
import { DEFAULT_ROLE_PREFIX, roleName } from './role-names.ts'
import { isServerError } from './sqlstate.ts'

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
  const inbox = inboxTable(schema)
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
  const mark = `insert into ${inboxTable(schema)} (consumer, event_id) values ($1, $2) on conflict do nothing`
  return {
    async once(client, { eventId, token }, effect) {
      if (client.getTransactionStatus() !== 'T') {
        throw new TypeError('once() works in a transaction that is open: begin one on the client first.')
      }
      const { rowCount } = await client.query(mark, [consumer, eventId])
      if (rowCount === 1) await effect()
      await acknowledge(client, eventId, token)
      return rowCount === 1
    },
  }
}

const ACK = `with gone as (
  delete from user_engine.outbox_events where lease_token = $1 and id = $2 and available_at > now() returning 1
) select user_engine.expect((select count(*) from gone) = 1, '${LEASE_MISMATCH}')`

async function acknowledge(client: ClientBase, eventId: EventId, token: LeaseToken): Promise<void> {
  try {
    await client.query(ACK, [token, eventId])
  } catch (error) {
    if (isServerError(error) && error.code === LEASE_MISMATCH) throw new StoreError('LEASE_LOST', {})
    throw error
  }
}

function inboxTable(schema: string): string {
  return `${escapeIdentifier(schema)}.user_engine_inbox`
}
