import { DIRECTORY, directoryScope, isStoreError, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { NOUNS, type Noun } from './nouns.ts'

/** By what a record is guarded that is in another version and in another state soon. */
interface Guarding {
  readonly id: 'UE-VERSION-003' | 'UE-VERSION-005'
  readonly by: string
  guard(tx: StoreTransaction, noun: Noun, record: ReturnType<Noun['of']>): Promise<void>
}

const GUARDINGS: readonly Guarding[] = [
  { id: 'UE-VERSION-003', by: 'a guard', guard: (tx, noun, record) => noun.repository(tx).guard(record) },
  {
    id: 'UE-VERSION-005',
    by: 'a guard by its state',
    guard: (tx, noun, { scopeId, id, state }) =>
      noun.repository(tx).guardState({ scopeId, id, states: [state] }),
  },
]

export const racedGuards: readonly Case[] = [
  ...GUARDINGS.flatMap((guarding) =>
    NOUNS.flatMap((noun): Case[] => [
      {
        id: `${guarding.id}/${noun.name}-raced`,
        title: `${noun.name}: no commit rests on ${guarding.by} of what had changed before its work was done`,
        profile: 'store-concurrent',
        run: (ctx) => race(ctx, guarding, noun, noun.scope),
      },
      ...(noun.seenIn === undefined ? [] : [racedInATenant(guarding, noun, noun.seenIn)]),
    ]),
  ),
  {
    id: 'UE-VERSION-005/replaced-meanwhile',
    title: 'Guards by states pass although another one replaces each of the records meanwhile, in its state',
    profile: 'store-concurrent',
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = directoryScope(seed.tenant.id)
      const second = await ctx.second()
      const results = await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('guarded')
          const replace = async (tx: StoreTransaction) => {
            for (const noun of NOUNS) await noun.repository(tx).update(ctx.make.next(noun.of(seed)))
          }
          await ctx.commit(scope, replace, second)
          await meet('replaced')
          return
        }
        await ctx.commit(scope, async (tx) => {
          for (const noun of NOUNS) {
            const { scopeId, id, state } = noun.of(seed)
            await noun.repository(tx).guardState({ scopeId, id, states: [state] })
          }
          await meet('guarded')
          await meet('replaced')
        })
      })
      for (const [index, result] of results.entries()) {
        const error: unknown = result.status === 'rejected' ? result.reason : null
        if (isStoreError(error) && error.retryable) throw error
        const who = index === 0 ? 'that guards their states' : 'that replaces the records'
        ctx.must('UE-VERSION-005', error === null, `the transaction ${who} ended with ${ctx.show(error)}`)
      }
    },
  },
]

function racedInATenant(guarding: Guarding, noun: Noun, seenIn: Noun['scope']): Case {
  return {
    id: `${guarding.id}/${noun.name}-raced-in-a-tenant`,
    title: `${noun.name}: no commit in a tenant rests on ${guarding.by} of what the directory has changed meanwhile`,
    profile: 'store-concurrent',
    budget: 'smoke',
    run: (ctx) => race(ctx, guarding, noun, seenIn),
  }
}

/** One guards in its scope, and goes on when the other one has changed the record, or can't. */
async function race(
  ctx: CaseContext,
  { id, guard }: Guarding,
  noun: Noun,
  guardedIn: Noun['scope'],
): Promise<void> {
  const seed = await ctx.seed()
  const scope = guardedIn(seed)
  const first = noun.of(seed)
  const changed = noun.changed(ctx, first)
  const second = await ctx.second()
  let committed = false
  const [guarding, writing] = await ctx.race(2, async (index, meet) => {
    if (index === 1) {
      await meet('guarded')
      await ctx.commit(noun.scope(seed), (tx) => noun.repository(tx).update(changed), second)
      committed = true
      await meet('changed')
      return false
    }
    let late = false
    await ctx.commit(scope, async (tx) => {
      await guard(tx, noun, first)
      await tx.audit.append(ctx.make.auditRecord({ scopeId: scope.tenantId ?? DIRECTORY }))
      await meet('guarded')
      await meet('changed')
      late = committed
    })
    return late
  })
  const counts = await ctx.commit(scope, (tx) => tx.recordCounts())
  const outcome = guarding?.status === 'rejected' ? (guarding.reason as unknown) : guarding?.value
  if (guarding?.status === 'rejected') {
    await ctx.rejects(
      id,
      () => Promise.reject(guarding.reason as Error),
      { code: 'VERSION_CONFLICT', details: { kind: noun.kind, id: first.id } },
      'the commit of a guard on what had changed',
    )
    ctx.equal(id, counts.auditRecords, 0, 'audit records of the failed transaction')
  } else {
    ctx.must(id, outcome === false, 'a guard held although the change was committed before')
    ctx.equal(id, counts.auditRecords, 1, 'audit records of the guarded transaction')
  }
  ctx.must(id, writing?.status === 'fulfilled', 'the guarded record could be changed by the other one')
}
