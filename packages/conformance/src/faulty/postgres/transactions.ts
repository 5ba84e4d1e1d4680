import {
  directoryScope,
  isStoreError,
  StoreError,
  type AuditRecord,
  type IdempotencyRecord,
  type OutboxEvent,
  type User,
} from '@user-engine/store'

import type { Administrator } from '../../postgres/administrator.ts'
import { overlay, overlayTransactions } from '../overlay.ts'
import type { FaultyPostgres } from './faulty-postgres.ts'

const insertAudit = (admin: Administrator, record: AuditRecord) =>
  admin.query(
    `insert into user_engine.audit_records (scope_id, id, occurred_at, actor_kind, actor_id, action, target_kind, target_id,
      command_id, correlation_id, changes) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      record.scopeId,
      record.id,
      record.occurredAt,
      record.actor.kind,
      record.actor.id,
      record.action,
      record.target.kind,
      record.target.id,
      record.commandId,
      record.correlationId,
      JSON.stringify(record.changes),
    ],
  )

const insertKey = (admin: Administrator, record: IdempotencyRecord, ttlMs: number) =>
  admin.query(
    `insert into user_engine.idempotency_records (scope_id, actor, key, command_id, request_hash, result, created_at,
      expires_at) values ($1, $2, $3, $4, $5, $6, $7, now() + $8::float8 * interval '1 millisecond')`,
    [
      record.scopeId,
      record.actor,
      record.key,
      record.commandId,
      record.requestHash,
      JSON.stringify(record.result),
      record.createdAt,
      ttlMs,
    ],
  )

const insertEvent = (admin: Administrator, event: OutboxEvent) =>
  admin.query(
    `insert into user_engine.outbox_events (scope_id, id, type, aggregate_kind, aggregate_id, aggregate_version, ordinal,
      occurred_at, command_id, correlation_id, data) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      event.scopeId,
      event.id,
      event.type,
      event.aggregate.kind,
      event.aggregate.id,
      event.aggregateVersion,
      event.ordinal,
      event.occurredAt,
      event.commandId,
      event.correlationId,
      JSON.stringify(event.data),
    ],
  )

const insertUser = (
  admin: Administrator,
  { scopeId, id, kind, state, version, createdAt, updatedAt }: User,
) =>
  admin.query(
    `insert into user_engine.users (scope_id, id, kind, state, version, created_at, updated_at)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    [scopeId, id, kind, state, version, createdAt, updatedAt],
  )

/** What belongs to a transaction, and what does not. */
export const faultyUnits: readonly FaultyPostgres[] = [
  {
    name: 'commits-on-the-way-out',
    defect: 'A connection that is given back commits what is open on it.',
    breaks: 'UE-TRANSACTION-001',
    expect: 'record counts after the rollback',
    by: 'UE-TRANSACTION-001/rollback',
    statements: [[/^rollback$/, 'commit']],
  },
  {
    name: 'savepoint-not-rolled-back',
    defect: 'A nested transaction that fails leaves its savepoint alone.',
    breaks: 'UE-TRANSACTION-002',
    expect: 'kept users: it has',
    by: 'UE-TRANSACTION-002/depth-2-fails-at-1',
    statements: [[/^rollback to savepoint ue_\d$/, '']],
  },
  {
    name: 'reads-by-another-connection',
    defect: 'Users are found by a connection of the pool, and not by that of the transaction.',
    breaks: 'UE-TRANSACTION-004',
    expect: 'users-find by the writer: it is null',
    by: 'UE-TRANSACTION-004/inserted-read-inside',
    corrupt: (_admin) => (good) =>
      overlayTransactions(good, (tx, { scope }) => ({
        users: overlay(tx.users, {
          find: (id) => good.transaction(scope, (another) => another.users.find(id)),
        }),
      })),
  },
  {
    name: 'writes-by-another-connection',
    defect: 'Users are inserted by a connection of the pool, and not by that of the transaction.',
    breaks: 'UE-TRANSACTION-011',
    disturbs: ['UE-TRANSACTION-002'],
    expect: 'before the commit a reader found',
    by: 'UE-TRANSACTION-011/no-dirty-read',
    corrupt: (admin) => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, { insert: async (user) => void (await insertUser(admin, user)) }),
      })),
  },
  {
    name: 'audit-in-another-transaction',
    defect: 'An audit record is written in a transaction of its own.',
    breaks: 'UE-AUDIT-001',
    expect: 'audit records after the rollback: it is 1',
    by: 'UE-TRANSACTION-001/rollback',
    corrupt: (admin) => (good) =>
      overlayTransactions(good, (tx) => ({
        audit: overlay(tx.audit, { append: async (record) => void (await insertAudit(admin, record)) }),
      })),
  },
  {
    name: 'events-in-another-transaction',
    defect: 'Events are written once the commit is answered, in a transaction of their own.',
    breaks: 'UE-TRANSACTION-001',
    expect: 'rows of key, user, audit and events cut after-commit',
    needs: ['faults.cut', 'observer'],
    by: 'UE-ERROR-005/parts-after-commit',
    disturbs: ['UE-OUTBOX-001', 'UE-OUTBOX-002', 'UE-TRANSACTION-002'],
    corrupt: (admin) => (good) =>
      overlay(good, {
        async transaction(scope, work, reads) {
          const events: OutboxEvent[] = []
          const gathering = overlayTransactions(good, (tx) => ({
            outbox: overlay(tx.outbox, { append: async (event) => void events.push(event) }),
          }))
          const result = await gathering.transaction(scope, work, reads)
          for (const event of events) await insertEvent(admin, event)
          return result
        },
      }),
  },
  {
    name: 'autocommits-what-it-sends',
    defect: 'A transaction that is sent in parts is never begun: each part commits by itself.',
    breaks: 'UE-ERROR-003',
    expect: 'rows of key, user, audit and events when it ended after write',
    needs: ['faults.terminate', 'observer'],
    by: 'UE-ERROR-003/ended-at-each-step',
    disturbs: ['UE-TRANSACTION-002', 'UE-OUTBOX-002', 'UE-TRANSACTION-001'],
    statements: [
      [/^begin isolation level read committed$/, ''],
      [/(set_config\('user_engine\.scopes', .*?::text, )true\)/, '$1false)'],
    ],
  },
  {
    name: 'keys-in-another-transaction',
    defect: 'An idempotency record is written in a transaction of its own.',
    breaks: 'UE-IDEMPOTENCY-001',
    expect: 'the record after the nested failure',
    by: 'UE-IDEMPOTENCY-001/nested',
    corrupt: (admin) => (good) =>
      overlayTransactions(good, (tx) => ({
        idempotency: overlay(tx.idempotency, {
          insert: async (record, ttlMs) => void (await insertKey(admin, record, ttlMs)),
        }),
      })),
  },
  {
    name: 'repeats-what-may-have-happened',
    defect: 'A transaction whose commit was not answered is run again.',
    breaks: 'UE-ERROR-005',
    expect: 'it was answered StoreError CONFLICT',
    by: 'UE-ERROR-005/after-commit',
    needs: ['faults.cut'],
    corrupt: (_admin) => (good) =>
      overlay(good, {
        async transaction(scope, work, reads) {
          try {
            return await good.transaction(scope, work, reads)
          } catch (error) {
            if (isStoreError(error, 'UNKNOWN_OUTCOME')) return good.transaction(scope, work, reads)
            throw error
          }
        },
      }),
  },
  {
    name: 'denials-in-the-runtime-pool',
    defect: 'A denial takes a connection of those that transactions use.',
    breaks: 'UE-DENIAL-002',
    expect: 'a denial with no connection left',
    by: 'UE-DENIAL-002/exhausted',
    corrupt: (_admin) => (good) =>
      overlay(good, {
        denials: {
          async append(denial) {
            const scope = directoryScope()
            try {
              await good.transaction(scope, (tx) => tx.recordCounts())
            } catch (error) {
              if (isStoreError(error, 'UNAVAILABLE')) throw error
              throw new StoreError('UNAVAILABLE', { reason: 'capacity' })
            }
            await good.denials.append(denial)
          },
        },
      }),
  },
  {
    name: 'snapshots-called-serializable',
    defect: 'Its transactions are REPEATABLE READ, and it declares them serializable.',
    breaks: 'UE-CAPABILITY-002',
    expect: 'write skew: ',
    by: 'UE-CAPABILITY-002/write-skew',
    statements: [['begin isolation level read committed', 'begin isolation level repeatable read']],
    corrupt: (_admin) => (good) =>
      overlay(good, {
        capabilities: Object.freeze({ ...good.capabilities, isolation: 'serializable' as const }),
      }),
  },
  {
    name: 'read-committed-called-snapshot',
    defect: 'Its transactions are READ COMMITTED, and it declares that what they read stays as it was.',
    breaks: 'UE-CAPABILITY-002',
    expect: 'read skew: ',
    by: 'UE-HISTORY-001/read-skew',
    corrupt: (_admin) => (good) =>
      overlay(good, {
        capabilities: Object.freeze({ ...good.capabilities, isolation: 'snapshot' as const }),
      }),
  },
  {
    name: 'waits-for-a-deadlock',
    defect: 'The server looks for deadlocks after a minute, and a statement waits for a lock as long.',
    breaks: 'UE-ERROR-004',
    expect: 'the collision of round',
    statements: [
      [
        /(set_config\('user_engine\.scopes', .*?::text, true\))/,
        "set_config('lock_timeout', '0', true) || set_config('statement_timeout', '0', true) || $1",
      ],
    ],
    schema: [
      `do $$ begin execute format('alter database %I set deadlock_timeout = ''1min''', current_database()); end $$`,
    ],
  },
  {
    name: 'savepoints-to-level-nine',
    defect: 'From the tenth level on a nested transaction is not rolled back.',
    breaks: 'UE-TRANSACTION-002',
    expect: 'kept users',
    by: 'UE-TRANSACTION-002/depth-12-fails-at-11',
    statements: [[/^rollback to savepoint ue_\d\d$/, 'select']],
  },
]
