import { directoryScope, isStoreError, type ReadinessReport } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import type { SchemaFault } from '../target.ts'

const statusOf = (report: ReadinessReport, code: string) =>
  report.checks.find((check) => check.code === code)?.status ?? 'absent'

/** Proves that the store was sound, breaks its schema, judges it, restores it, and proves that it is sound again. */
async function broken(
  ctx: CaseContext,
  id: RequirementId,
  fault: SchemaFault,
  judge: () => Promise<void>,
): Promise<void> {
  const sound = async () => {
    const report = await ctx.store.readiness()
    const { state } = await ctx.store.schemaVersion()
    return statusOf(report, 'schema.version') === 'pass' && (state === 'current' || state === 'compatible')
  }
  ctx.precondition('it was sound before', await sound())
  const restore = await ctx.migrations.put(fault)
  await judge()
  await restore()
  ctx.must(id, await sound(), `sound again when it is no longer ${fault}, without a restart`)
}

/** A write through a handle that is opened on the schema as it is now. */
async function write(ctx: CaseContext): Promise<unknown> {
  const store = await ctx.second()
  return store
    .transaction(directoryScope(), async (tx) => {
      await tx.users.insert(ctx.make.user())
    })
    .then(
      () => null,
      (error: unknown) => error,
    )
}

async function refuses(ctx: CaseContext, id: RequirementId, fault: SchemaFault): Promise<void> {
  const error = await write(ctx)
  const refused = isStoreError(error, 'NOT_READY')
  ctx.must(id, refused, `a transaction on a schema that is ${fault} was answered ${ctx.show(error)}`)
}

export const schemaVersion: readonly Case[] = [
  {
    id: 'UE-SCHEMA-001/sound',
    title: 'A sound store has a version that its release supports, and says the same on each handle',
    async run(ctx) {
      const first = await ctx.store.schemaVersion()
      const { current, supported, state, pending } = first
      const within = current >= supported.min && current <= supported.max
      ctx.must(
        'UE-SCHEMA-001',
        within,
        `version ${current}, supported from ${supported.min} to ${supported.max}`,
      )
      ctx.must('UE-SCHEMA-001', state === 'current' || state === 'compatible', `the state is ${state}`)
      ctx.must('UE-SCHEMA-001', state !== 'current' || pending.length === 0, `${pending.length} are pending`)
      ctx.equal(
        'UE-SCHEMA-001',
        await (await ctx.second()).schemaVersion(),
        first,
        'the version on another handle',
      )
    },
  },
  {
    id: 'UE-SCHEMA-002/behind',
    title: 'A schema without its newest migration is behind, names what is pending, and is not ready',
    preconditions: ['it was sound before'],
    async run(ctx) {
      const before = await ctx.store.schemaVersion()
      await broken(ctx, 'UE-SCHEMA-002', 'behind', async () => {
        const { state, pending, current } = await ctx.store.schemaVersion()
        ctx.equal('UE-SCHEMA-002', state, 'behind', 'the state')
        ctx.must('UE-SCHEMA-002', pending.length > 0, `pending are ${ctx.show(pending)}`)
        ctx.must(
          'UE-SCHEMA-002',
          current < before.current,
          `version ${current}, before it was ${before.current}`,
        )
        const report = await ctx.store.readiness()
        ctx.equal('UE-SCHEMA-002', statusOf(report, 'schema.version'), 'fail', 'the check schema.version')
        ctx.equal('UE-SCHEMA-002', report.status, 'not_ready', 'the status')
        await refuses(ctx, 'UE-SCHEMA-002', 'behind')
      })
    },
  },
  {
    id: 'UE-SCHEMA-003/ahead',
    title: 'A schema that a newer release has migrated, without a break, is ahead, and the store works on it',
    also: ['UE-SCHEMA-001'],
    preconditions: ['it was sound before'],
    async run(ctx) {
      const before = await ctx.store.schemaVersion()
      await broken(ctx, 'UE-SCHEMA-003', 'ahead', async () => {
        const { state, current } = await ctx.store.schemaVersion()
        ctx.equal('UE-SCHEMA-003', state, 'ahead', 'the state')
        ctx.must(
          'UE-SCHEMA-001',
          current > before.current,
          `version ${current}, before it was ${before.current}`,
        )
        const { status } = await ctx.store.readiness()
        ctx.must('UE-SCHEMA-003', status !== 'not_ready', `the status is ${status}`)
        ctx.equal('UE-SCHEMA-003', await write(ctx), null, 'what a transaction was answered')
      })
    },
  },
  {
    id: 'UE-SCHEMA-003/breaking',
    title: 'A schema that a newer release has migrated with a break is refused',
    preconditions: ['it was sound before'],
    async run(ctx) {
      await broken(ctx, 'UE-SCHEMA-003', 'breaking', async () => {
        ctx.equal('UE-SCHEMA-003', (await ctx.store.schemaVersion()).state, 'breaking', 'the state')
        const report = await ctx.store.readiness()
        ctx.equal('UE-SCHEMA-003', statusOf(report, 'schema.version'), 'fail', 'the check schema.version')
        ctx.equal('UE-SCHEMA-003', report.status, 'not_ready', 'the status')
        await refuses(ctx, 'UE-SCHEMA-003', 'breaking')
      })
    },
  },
  {
    id: 'UE-SCHEMA-004/tampered',
    title: 'A schema with a migration that was not released as it is stored is refused',
    preconditions: ['it was sound before'],
    async run(ctx) {
      await broken(ctx, 'UE-SCHEMA-004', 'tampered', async () => {
        ctx.equal('UE-SCHEMA-004', (await ctx.store.schemaVersion()).state, 'tampered', 'the state')
        const report = await ctx.store.readiness()
        ctx.equal('UE-SCHEMA-004', statusOf(report, 'schema.version'), 'fail', 'the check schema.version')
        ctx.equal('UE-SCHEMA-004', report.status, 'not_ready', 'the status')
        await refuses(ctx, 'UE-SCHEMA-004', 'tampered')
      })
    },
  },
]
