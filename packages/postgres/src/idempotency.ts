import { StoreError, type IdempotencyLog, type IdempotencyRecord } from '@user-engine/store'
import { sql } from 'kysely'

import { db } from './database.ts'
import type { Expectation, Form } from './expectations.ts'
import { isolate } from './isolate.ts'
import { KEY_TAKEN } from './locks.ts'
import type { Access } from './reads.ts'
import { first } from './repository.ts'
import { template } from './template.ts'
import { answerKey, type PendingAnswer } from './write-buffer.ts'

const find = template<'scopeId' | 'actor' | 'key'>((parameter) =>
  db
    .selectFrom('idempotency_records')
    .select([
      'scope_id as scopeId',
      'actor',
      'key',
      'command_id as commandId',
      'request_hash as requestHash',
      'result',
      'created_at as createdAt',
    ])
    .where('scope_id', '=', parameter('scopeId'))
    .where('actor', '=', parameter('actor'))
    .where('key', '=', parameter('key'))
    .where('expires_at', '>', sql<Date>`now()`),
)

const columns = ['command_id', 'request_hash', 'result', 'created_at', 'expires_at'] as const

/** Waits for whoever is about to keep the same key; takes over one that has expired. */
const KEEP: Form = {
  name: 'keep',
  values: ['scopeId', 'actor', 'key', 'commandId', 'requestHash', 'result', 'createdAt', 'ttlMs'],
  code: KEY_TAKEN,
  row: (parameter) =>
    db
      .insertInto('idempotency_records')
      .values({
        scope_id: parameter('scopeId'),
        actor: parameter('actor'),
        key: parameter('key'),
        command_id: parameter('commandId'),
        request_hash: parameter('requestHash'),
        result: parameter('result'),
        created_at: parameter('createdAt'),
        expires_at: sql<Date>`now() + ${parameter<number>('ttlMs')}::float8 * interval '1 millisecond'`,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['scope_id', 'actor', 'key'])
          .doUpdateSet((taken) =>
            Object.fromEntries(columns.map((column) => [column, taken.ref(`excluded.${column}`)])),
          )
          .where('idempotency_records.expires_at', '<=', sql<Date>`now()`),
      )
      .returning('key'),
}

export function keepAnswer({ record, ttlMs }: PendingAnswer): Expectation {
  const { scopeId, actor, key, commandId, requestHash, result, createdAt } = record
  return {
    form: KEEP,
    values: [scopeId, actor, key, commandId, requestHash, JSON.stringify(result), createdAt, ttlMs],
    unmet: () => new StoreError('CONFLICT', { constraint: 'idempotency_key' }),
  }
}

export function createIdempotencyLog(access: Access): IdempotencyLog {
  return {
    find: ({ scopeId, actor, key }) =>
      access.call(async () => {
        const own = access.buffered.answer({ scopeId, actor, key })
        if (own !== null) return isolate(own)
        if (!access.scopes.includes(scopeId)) return null
        return first<IdempotencyRecord>(await access.read(find({ scopeId, actor, key }), []))
      }),
    insert: (record, ttlMs) =>
      access.write(record.scopeId, null, () => {
        if (!(ttlMs > 0)) throw new TypeError('A key is kept for more than 0 ms.')
        if (access.buffered.answer(record) !== null) {
          throw new StoreError('CONFLICT', { constraint: 'idempotency_key' })
        }
        access.buffer.answers.set(answerKey(record), { record: isolate(record), ttlMs })
      }),
  }
}
