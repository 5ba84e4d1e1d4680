import {
  DIRECTORY,
  directoryScope,
  StoreError,
  tenantScope,
  type AuditRecord,
  type DenialRecord,
  type EventId,
  type OutboxEvent,
  type StoreTransaction,
  type TenantId,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { beforeCommit, overlay, overlayTransactions } from './overlay.ts'

/** How long a disk takes that is not waited for. */
const WRITE_MS = 250

/** What was appended in a transaction is carried out at its end, that of failed nested ones included. */
function keepsNested<Item>(
  name: string,
  member: 'audit' | 'outbox',
  breaks: FaultyStore['breaks'],
  append: (tx: StoreTransaction, item: Item) => Promise<void>,
): FaultyStore {
  return {
    name,
    defect: `What a nested transaction appended to the ${member} is kept when it fails.`,
    breaks,
    expect: member === 'audit' ? 'kept audit records' : 'kept events',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          const lost: Item[] = []
          const watching = overlayTransactions(good, (tx, { depth }) =>
            depth === 0
              ? {}
              : {
                  [member]: overlay(tx[member] as { append(item: Item): Promise<void> }, {
                    append: async (item) => {
                      lost.push(item)
                    },
                  }),
                },
          )
          return beforeCommit(watching, async (tx) => {
            for (const item of lost) await append(tx, item)
          }).transaction(scope, work)
        },
      }),
  }
}

export const faultyTrails: readonly FaultyStore[] = [
  {
    name: 'audits-beside-the-transaction',
    defect: 'An audit record is kept at once, whatever becomes of the transaction.',
    breaks: 'UE-AUDIT-001',
    expect: 'audit records after the rollback: it is',
    disturbs: ['UE-TRANSACTION-002', 'UE-TENANT-002'],
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { scope }) => ({
        audit: overlay(tx.audit, {
          append: (record) => good.transaction(scope, (other) => other.audit.append(record)),
        }),
      })),
  },
  keepsNested<AuditRecord>('keeps-nested-audit', 'audit', 'UE-AUDIT-002', (tx, item) =>
    tx.audit.append(item),
  ),
  {
    name: 'timeline-without-denials',
    defect: 'The timeline shows changes alone.',
    breaks: 'UE-AUDIT-004',
    expect: 'the timeline: items has',
    disturbs: ['UE-DENIAL-001'],
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        audit: overlay(tx.audit, {
          async timeline(query) {
            const { items, next } = await tx.audit.timeline(query)
            return { items: items.filter(({ kind }) => kind === 'change'), next }
          },
        }),
      })),
  },
  {
    name: 'timeline-by-kind',
    defect: 'The timeline shows the denials first.',
    breaks: 'UE-AUDIT-004',
    expect: 'the timeline: items[0].kind is',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        audit: overlay(tx.audit, {
          async timeline(query) {
            const { items, next } = await tx.audit.timeline(query)
            return { items: items.toSorted((one, other) => (one.kind > other.kind ? -1 : 1)), next }
          },
        }),
      })),
  },
  {
    name: 'denials-join-the-transaction',
    defect: 'While a transaction is open, a denial is kept only if that commits.',
    breaks: 'UE-DENIAL-001',
    expect: 'denials, by another handle: it has',
    corrupt: () => (good) => {
      const waiting: DenialRecord[] = []
      let open = 0
      return overlay(good, {
        denials: {
          async append(record) {
            if (open === 0) return good.denials.append(record)
            waiting.push(record)
          },
        },
        async transaction(scope, work) {
          open += 1
          try {
            const result = await good.transaction(scope, work)
            for (const record of waiting.splice(0)) await good.denials.append(record)
            return result
          } finally {
            open -= 1
            if (open === 0) waiting.length = 0
          }
        },
      })
    },
  },
  {
    name: 'denials-wait-for-a-connection',
    defect: 'A denial waits until no transaction is open.',
    breaks: 'UE-DENIAL-002',
    expect: 'the denial of worker',
    disturbs: ['UE-DENIAL-001'],
    corrupt: () => (good) => {
      const open = new Set<Promise<unknown>>()
      return overlay(good, {
        denials: {
          async append(record) {
            while (open.size > 0) await Promise.allSettled(open)
            await good.denials.append(record)
          },
        },
        transaction(scope, work) {
          const result = good.transaction(scope, work)
          open.add(result)
          return result.finally(() => open.delete(result))
        },
      })
    },
  },
  {
    name: 'denies-twice',
    defect: 'A denial that is there already is refused.',
    breaks: 'UE-DENIAL-003',
    expect: 'the store unexpectedly answered StoreError CONFLICT',
    corrupt: () => {
      const seen = new Set<string>()
      return (good) =>
        overlay(good, {
          denials: {
            async append(record) {
              if (seen.has(record.id)) throw new StoreError('CONFLICT', { constraint: 'audit_record_id' })
              seen.add(record.id)
              await good.denials.append(record)
            },
          },
        })
    },
  },
  {
    name: 'announces-denials',
    defect: 'A denial emits an event.',
    breaks: 'UE-DENIAL-004',
    expect: 'the state of the outbox: pending is',
    corrupt: () => (good) =>
      overlay(good, {
        denials: {
          async append(record) {
            await good.denials.append(record)
            const { scopeId } = record
            const scope = scopeId === DIRECTORY ? directoryScope() : tenantScope(scopeId as TenantId)
            await good.transaction(scope, (tx) => tx.outbox.append(eventOf(record)))
          },
        },
      }),
  },
  {
    name: 'denials-are-best-effort',
    defect: 'A denial that can not be written is dropped, and resolves.',
    breaks: 'UE-DENIAL-005',
    expect: 'a denial of a frozen backend was answered null',
    needs: ['faults.suspend'],
    corrupt: () => (good) =>
      overlay(good, {
        denials: { append: (record) => good.denials.append(record).catch(() => {}) },
      }),
  },
  {
    name: 'denials-fire-and-forget',
    defect: 'A denial is acknowledged, and written a moment later.',
    breaks: 'UE-DENIAL-006',
    expect: 'denials after the crash',
    disturbs: ['UE-AUDIT-004', 'UE-DENIAL-001'],
    needs: ['durable', 'faults.crash'],
    corrupt: () => (good) =>
      overlay(good, {
        denials: {
          async append(record) {
            setTimeout(() => void good.denials.append(record).catch(() => {}), WRITE_MS)
          },
        },
      }),
  },
  {
    name: 'events-beside-the-transaction',
    defect: 'An event is kept at once, whatever becomes of the transaction.',
    breaks: 'UE-OUTBOX-001',
    expect: 'events claimed after the rollback: it has',
    disturbs: ['UE-TRANSACTION-002'],
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { scope }) => ({
        outbox: overlay(tx.outbox, {
          append: (event) => good.transaction(scope, (other) => other.outbox.append(event)),
        }),
      })),
  },
  {
    name: 'events-after-the-commit',
    defect: 'Events are written after the commit, and some are forgotten.',
    breaks: 'UE-OUTBOX-001',
    expect: 'claimed events: it has',
    disturbs: ['UE-TRANSACTION-002', 'UE-OUTBOX-011', 'UE-OUTBOX-020'],
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => {
        let count = 0
        return {
          outbox: overlay(tx.outbox, {
            append: async (event) => ((count += 1) % 2 === 1 ? undefined : tx.outbox.append(event)),
          }),
        }
      }),
  },
  keepsNested<OutboxEvent>('keeps-nested-events', 'outbox', 'UE-OUTBOX-002', (tx, item) =>
    tx.outbox.append(item),
  ),
]

function eventOf({ scopeId, id, occurredAt, target, correlationId }: DenialRecord): OutboxEvent {
  return {
    scopeId,
    id: id as string as EventId,
    type: 'access.denied',
    aggregate: { kind: target.kind, id },
    aggregateVersion: 1,
    ordinal: 0,
    occurredAt,
    commandId: id as string as OutboxEvent['commandId'],
    correlationId,
    data: {},
  }
}
