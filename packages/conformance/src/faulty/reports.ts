import {
  DIRECTORY,
  readinessReport,
  StoreError,
  type DenialId,
  type DenialRecord,
  type ReadinessReport,
  type UserEngineStore,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

/** What a store says of itself. */
export const faultyReports: readonly FaultyStore[] = [
  {
    name: 'ready-once-ready-for-ever',
    defect: 'Readiness is looked at once.',
    breaks: 'UE-READINESS-001',
    expect: 'the status while it is frozen',
    needs: ['faults.suspend'],
    corrupt: () => (good) => {
      let first: Promise<ReadinessReport> | null = null
      return overlay(good, { readiness: () => (first ??= good.readiness()) })
    },
  },
  {
    name: 'unready-means-throwing',
    defect: 'Readiness and diagnostics reject once the store is closed.',
    breaks: 'UE-READINESS-002',
    expect: 'readiness after close was rejected with StoreError UNAVAILABLE',
    corrupt: () => (good) => {
      let closed = false
      return overlay(good, {
        async readiness() {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          return good.readiness()
        },
        close() {
          closed = true
          return good.close()
        },
      })
    },
  },
  {
    name: 'always-ready',
    defect: 'The status is ready whatever the checks say, and there are no checks.',
    breaks: 'UE-READINESS-003',
    expect: 'checks that are missing: it has',
    corrupt: () => (good) => overlay(good, { readiness: async () => ({ status: 'ready', checks: [] }) }),
  },
  {
    name: 'probes-for-good',
    defect: 'Readiness writes a denial to see whether it can, and leaves it.',
    breaks: 'UE-READINESS-003',
    expect: 'records that were left behind',
    by: 'UE-READINESS-003/sound',
    corrupt: () => (good) =>
      overlay(good, {
        async readiness() {
          await good.denials.append(createProbe()).catch(() => undefined)
          return good.readiness()
        },
      }),
  },
  {
    name: 'talkative-readiness',
    defect: 'Readiness names the last external reference.',
    breaks: 'UE-READINESS-004',
    expect: 'carries a canary as plain text',
    corrupt: () => {
      let last: string | null = null
      return (good) =>
        overlay(
          rememberReference(good, (reference) => (last = reference)),
          {
            async readiness() {
              const { checks } = await good.readiness()
              return readinessReport([...checks, { code: 'store.last', status: 'pass', details: { last } }])
            },
          },
        )
    },
  },
  {
    name: 'silent-dead-letters',
    defect: 'Readiness passes over dead letters.',
    breaks: 'UE-READINESS-005',
    expect: 'status and check with a dead letter: [0] is',
    corrupt: () => (good) =>
      overlay(good, {
        async readiness() {
          const { checks } = await good.readiness()
          return readinessReport(
            checks.map((check) =>
              check.code === 'outbox.dead_letters' ? { ...check, status: 'pass' as const } : check,
            ),
          )
        },
      }),
  },
  {
    name: 'version-of-nothing',
    defect: 'The schema version is 0, whatever is stored.',
    breaks: 'UE-SCHEMA-001',
    expect: 'version 0',
    corrupt: () => (good) =>
      overlay(good, { schemaVersion: async () => ({ ...(await good.schemaVersion()), current: 0 }) }),
  },
  ...(['UE-SCHEMA-002', 'UE-SCHEMA-003', 'UE-SCHEMA-004'] as const).map((breaks): FaultyStore => ({
    name: `version-of-the-code-${breaks.slice(-3)}`,
    defect: 'The schema version is always that of the release.',
    breaks,
    expect: 'the state: it is',
    needs: ['migrations'],
    corrupt: () => (good) => {
      const first = good.schemaVersion()
      first.catch(() => {})
      return overlay(good, { schemaVersion: () => first })
    },
  })),
  {
    name: 'talkative-diagnostics',
    defect: 'Diagnostics show the last external reference.',
    breaks: 'UE-DIAGNOSTICS-001',
    expect: 'carries a canary as plain text',
    corrupt: () => {
      let last: string | null = null
      return (good) =>
        overlay(
          rememberReference(good, (reference) => (last = reference)),
          {
            async diagnostics() {
              const report = await good.diagnostics()
              return { ...report, gauges: { ...report.gauges, 'tenants.last': last } }
            },
          },
        )
    },
  },
  {
    name: 'no-diagnostics-when-closed',
    defect: 'Diagnostics reject once the store is closed.',
    breaks: 'UE-DIAGNOSTICS-002',
    expect: 'diagnostics after close was rejected with StoreError UNAVAILABLE',
    corrupt: () => (good) => {
      let closed = false
      return overlay(good, {
        async diagnostics() {
          if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
          return good.diagnostics()
        },
        close() {
          closed = true
          return good.close()
        },
      })
    },
  },
  {
    name: 'estimates',
    defect: 'Records are counted as of before the transaction.',
    breaks: 'UE-DIAGNOSTICS-003',
    expect: 'users, inside: it is',
    corrupt: () => (good) =>
      overlayTransactions(good, (_, { scope }) => ({
        recordCounts: () => good.transaction(scope, (other) => other.recordCounts()),
      })),
  },
]

function rememberReference(
  good: UserEngineStore,
  remember: (reference: string | null) => void,
): UserEngineStore {
  return overlayTransactions(good, (tx) => ({
    tenants: overlay(tx.tenants, {
      async insert(tenant) {
        await tx.tenants.insert(tenant)
        remember(tenant.externalRef)
      },
    }),
  }))
}

function createProbe(): DenialRecord {
  const occurredAt = new Date()
  const time = occurredAt.getTime().toString(16).padStart(12, '0')
  return {
    scopeId: DIRECTORY,
    id: `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}` as DenialId,
    occurredAt,
    actor: { kind: 'service', id: 'probe' },
    action: 'store.probe',
    target: { kind: 'user', id: null },
    reason: 'probe',
    correlationId: null,
  }
}
