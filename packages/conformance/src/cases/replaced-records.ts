import { directoryScope, type RecordKind, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'
import { NOUNS as MODEL } from '../model/nouns.ts'
import { NOUNS } from './nouns.ts'

/** As long as a text may be. */
const text = (ctx: CaseContext) => ctx.canary().padEnd(512, 'x')
/** As many as there may be, in no order, and one of them twice. */
const roles = (ctx: CaseContext) => ['z', 'a', ...Array.from({ length: 97 }, () => ctx.canary()), 'z']

type Fields = (ctx: CaseContext, seed: Seed, tx: StoreTransaction) => Promise<object>

/** Of each noun what an update may change, other than in the seed; what it then names is inserted. */
const OTHERS: Readonly<Record<RecordKind, Fields>> = {
  tenant: async (ctx) => ({ externalRef: text(ctx), state: 'deleting' }),
  user: async () => ({ kind: 'service', state: 'suspended' }),
  async account(ctx, _seed, tx) {
    const user = ctx.make.user()
    await tx.users.insert(user)
    return { userId: user.id, state: 'invited' }
  },
  async external_identity(ctx) {
    return { userId: ctx.make.user().id, issuer: text(ctx), subject: text(ctx), state: 'unlinked' }
  },
  tenant_account: async (ctx) => ({
    userId: ctx.make.user().id,
    externalId: text(ctx),
    origin: 'unmanaged',
    state: 'invited',
  }),
  group: async (ctx) => ({ key: text(ctx), displayName: text(ctx), state: 'suspended' }),
  async membership(ctx, { tenant: { id: scopeId } }, tx) {
    const group = ctx.make.group({ scopeId })
    const account = ctx.make.tenantAccount({ scopeId, userId: ctx.make.user().id })
    await tx.groups.insert(group)
    await tx.tenantAccounts.insert(account)
    return { groupId: group.id, tenantAccountId: account.id, roles: roles(ctx), state: 'suspended' }
  },
  application: async (ctx) => ({ clientKey: text(ctx), state: 'retired' }),
  application_binding: async (ctx, { catalog }) => ({
    applicationId: ctx.make.application().id,
    catalogId: catalog.id,
    state: 'requested',
  }),
  attribute_catalog: async (ctx, { application }) => ({
    layer: 'application',
    ownerId: application.id,
    key: text(ctx),
    catalogVersion: 70_000,
    definitions: [{ name: text(ctx) }],
    state: 'retired',
  }),
  profile_value: async (ctx, { application }) => ({
    userId: ctx.make.user().id,
    layer: 'application',
    ownerId: application.id,
    attribute: text(ctx),
    value: [text(ctx)],
    source: text(ctx),
    catalogId: ctx.make.attributeCatalog().id,
    uniqueKey: text(ctx),
    state: 'cleared',
  }),
}

/** What may be null, and was given a value. */
const NULLS: Partial<Record<RecordKind, object>> = {
  tenant: { externalRef: null },
  tenant_account: { externalId: null },
  application_binding: { catalogId: null },
  profile_value: { value: null, uniqueKey: null },
}

export const replacedRecords: readonly Case[] = [
  ...NOUNS.map((noun): Case => ({
    id: `UE-RECORD-001/${noun.name}`,
    title: `${noun.name}: an update replaces all that it may, with null as well, and nothing else`,
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const first = noun.of(seed)
      const second = await ctx.commit(scope, async (tx) => {
        const next = ctx.make.next(first, await OTHERS[noun.kind](ctx, seed, tx))
        await noun.repository(tx).update(next)
        return next
      })
      const find = () => ctx.commit(scope, (tx) => noun.repository(tx).find(first.id))
      ctx.equal('UE-RECORD-001', await find(), second, 'the record with all of it replaced')
      const third = ctx.make.next(second, NULLS[noun.kind])
      await ctx.commit(scope, (tx) => noun.repository(tx).update(third))
      ctx.equal('UE-RECORD-001', await find(), third, 'the record with null for what may be null')
    },
  })),
  {
    id: 'UE-RECORD-001/others-stay',
    title:
      'A record that is updated to each of its states leaves those that name it, and all others, as they are',
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = directoryScope(seed.tenant.id)
      const stored = NOUNS.map((noun) => noun.of(seed))
      for (const [place, { kind, repository }] of NOUNS.entries()) {
        for (const state of MODEL[kind].states) {
          const next = ctx.make.next(stored[place] ?? seed.user, { state })
          await ctx.commit(scope, (tx) => repository(tx).update(next))
          stored[place] = next
          const found = await ctx.commit(scope, (tx) =>
            Promise.all(NOUNS.map((each) => each.repository(tx).find(each.of(seed).id))),
          )
          ctx.equal('UE-RECORD-001', found, stored, `all records when the ${kind} is ${state}`)
        }
      }
    },
  },
]
