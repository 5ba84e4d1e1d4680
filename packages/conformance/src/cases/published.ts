import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type Repository,
  type StoreTransaction,
  type VersionedRecord,
} from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'

/** What the directory offers to every tenant: seen, guarded, and not written; as a draft, absent. */
export interface Offer {
  readonly seen: 'UE-APPLICATION-002' | 'UE-CATALOG-003'
  readonly draft: 'UE-APPLICATION-003' | 'UE-CATALOG-004'
  readonly kind: 'application' | 'attribute_catalog'
  readonly noun: 'applications' | 'attributeCatalogs'
  /** A draft, or active or published. */
  make(ctx: CaseContext, state: 'draft' | 'offered'): VersionedRecord
  /** Those that come after, of which a tenant may have what it keeps to. */
  readonly later: readonly string[]
  repository(tx: StoreTransaction): Repository<VersionedRecord>
  list(tx: StoreTransaction): Promise<readonly VersionedRecord[]>
  /** What is found by the name that the record has. */
  findNamed(tx: StoreTransaction, record: VersionedRecord): Promise<VersionedRecord | null>
}

/** The cases of a noun that the directory offers. */
export const published = (offer: Offer): readonly Case[] => [
  {
    id: `${offer.seen}/seen`,
    title: `A tenant finds, lists and guards the directory's ${offer.noun}, and can not write them`,
    preconditions: ['the directory has it'],
    async run(ctx) {
      const tenant = ctx.make.tenant()
      const scope = tenantScope(tenant.id)
      const record = offer.make(ctx, 'offered')
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.tenants.insert(tenant)
        await offer.repository(tx).insert(record)
      })
      const owned = await ctx.commit(directoryScope(), (tx) => offer.repository(tx).find(record.id))
      ctx.precondition('the directory has it', owned !== null)
      const found = await ctx.commit(scope, (tx) => offer.repository(tx).find(record.id))
      ctx.equal(offer.seen, found, record, 'what a tenant finds of the directory')
      const named = await ctx.commit(scope, (tx) => offer.findNamed(tx, record))
      ctx.equal(offer.seen, named, record, 'what a tenant finds by its name')
      ctx.equal(offer.seen, await ctx.commit(scope, (tx) => offer.list(tx)), [record], 'what a tenant lists')
      const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
      ctx.equal(offer.seen, counts[offer.noun], 1, 'what a tenant counts')
      await ctx.commit(scope, async (tx) => {
        await offer.repository(tx).guard(record)
        await offer.repository(tx).guardState({ ...record, states: [record.state] })
      })
      for (const write of [
        (tx: StoreTransaction) => offer.repository(tx).update(ctx.make.next(record)),
        (tx: StoreTransaction) => offer.repository(tx).insert(offer.make(ctx, 'offered')),
      ]) {
        await ctx.rejects(
          offer.seen,
          () => ctx.commit(scope, write),
          { code: 'TENANT_BOUNDARY' },
          'a write by a tenant',
        )
      }
      const next = ctx.make.next(record)
      await ctx.commit(directoryScope(), (tx) => offer.repository(tx).update(next))
      await ctx.rejects(
        offer.seen,
        () => ctx.commit(scope, (tx) => offer.repository(tx).guard(record)),
        { code: 'VERSION_CONFLICT', details: { kind: offer.kind, id: record.id } },
        'a guard of what has changed since',
      )
      let last = next
      for (const state of offer.later) {
        last = ctx.make.next(last, { state })
        await ctx.commit(directoryScope(), (tx) => offer.repository(tx).update(last))
        const kept = await ctx.commit(scope, async (tx) => {
          await offer.repository(tx).guard(last)
          await offer.repository(tx).guardState({ ...last, states: [state] })
          return [await offer.repository(tx).find(record.id), ...(await offer.list(tx))]
        })
        ctx.equal(offer.seen, kept, [last, last], `what a tenant finds, and lists, that is ${state}`)
      }
    },
  },
  {
    id: `${offer.draft}/draft`,
    title: `A draft of the directory's ${offer.noun} is absent in a tenant`,
    preconditions: ['the directory has it'],
    async run(ctx) {
      const tenant = ctx.make.tenant()
      const scope = tenantScope(tenant.id)
      const record = offer.make(ctx, 'draft')
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.tenants.insert(tenant)
        await offer.repository(tx).insert(record)
      })
      const owned = await ctx.commit(directoryScope(), (tx) => offer.repository(tx).find(record.id))
      ctx.precondition('the directory has it', owned !== null)
      const found = await ctx.commit(scope, (tx) => offer.repository(tx).find(record.id))
      ctx.equal(offer.draft, found, null, 'what a tenant finds of a draft')
      const named = await ctx.commit(scope, (tx) => offer.findNamed(tx, record))
      ctx.equal(offer.draft, named, null, 'what a tenant finds by the name of a draft')
      ctx.equal(offer.draft, await ctx.commit(scope, (tx) => offer.list(tx)), [], 'what a tenant lists')
      const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
      ctx.equal(offer.draft, counts[offer.noun], 0, 'what a tenant counts')
      for (const call of ['guard', 'guardState'] as const) {
        await ctx.rejects(
          offer.draft,
          // No more than the guards ask for: the state is the store's to know.
          () =>
            ctx.commit(scope, (tx) =>
              offer
                .repository(tx)
                [call]({ scopeId: DIRECTORY, id: record.id, version: 1, states: ['draft'] }),
            ),
          { code: 'VERSION_CONFLICT', details: { kind: offer.kind, id: record.id } },
          `a guard${call === 'guard' ? '' : ' by its state'} by a tenant`,
        )
      }
    },
  },
]
