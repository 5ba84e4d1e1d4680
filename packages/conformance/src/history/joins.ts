import { directoryScope, tenantScope, type Tenant, type TenantAccount } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import type { History, Transaction } from './history.ts'
import { judgeHistories } from './judge.ts'
import { createRecorder, type Place } from './record.ts'
import { insist } from './registers.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'

const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 15, full: 60 }

const GATE = 'the tenant'

const { also, recheck, judge } = judgeHistories('UE-VERSION-003', {
  find: findIntruder,
  right: 'nobody joined a suspended tenant',
})

/** A tenant that is suspended and resumed, and users that join it while it is active, which they guard. */
export const joins: readonly Case[] = [
  {
    id: 'UE-VERSION-003/joins',
    title: 'Nobody joins a tenant that is suspended, whoever suspends and resumes it at the same time',
    profile: 'store-concurrent',
    also,
    recheck,
    preconditions: ['users joined', 'the tenant was suspended, and resumed'],
    async run(ctx) {
      const recorder = createRecorder()
      const tenant = ctx.make.tenant()
      const scope = tenantScope(tenant.id)
      const gate: Place<Tenant> = {
        name: GATE,
        id: tenant.id,
        repository: (tx) => tx.tenants,
        mark: (record, by) => ({ ...record, externalRef: by }),
        markOf: ({ externalRef }) => externalRef ?? '',
        says: ({ state }) => state,
      }
      await insist(() => recorder.run(ctx.store, directoryScope(), (notes) => notes.insert(gate, tenant)))
      const accounts: TenantAccount[] = []
      let joined = 0
      let turned = 0

      const turnGate: Work = async (store, meet) => {
        const done = await recorder.run(store, directoryScope(), async (notes) => {
          const found = await notes.find(gate)
          await meet()
          if (found === null) return
          const state = found.state === 'active' ? 'suspended' : 'active'
          await notes.update(gate, ctx.make.next(found, { state }))
        })
        if (done.outcome === 'committed') turned += 1
      }
      const join: Work = async (store, meet) => {
        const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id })
        const done = await recorder.run(store, scope, async (notes) => {
          const found = await notes.find(gate)
          await meet()
          if (found?.state !== 'active') return
          accounts.push(account)
          await notes.insert(accountPlace(account), account)
          await notes.guard(gate, found)
        })
        if (done.outcome === 'committed' && isJoin(done)) joined += 1
      }

      const play = await openRounds(ctx)
      const turns: readonly Turn[] = ['early', 'between', 'late']
      for (let round = 0; round < ROUNDS[ctx.budget]; round += 1) {
        await play([
          { turn: turns[round % 3] ?? 'between', work: turnGate },
          { turn: 'between', work: join },
          { turn: 'between', work: join },
          { turn: 'late', work: join },
        ])
      }
      await insist(() =>
        recorder.run(ctx.store, scope, async (notes) => {
          for (const account of accounts) await notes.find(accountPlace(account))
        }),
      )
      judge(ctx, recorder.history())
      ctx.precondition('users joined', joined > 0)
      ctx.precondition('the tenant was suspended, and resumed', turned > 1)
    },
  },
]

function accountPlace({ id }: TenantAccount): Place<TenantAccount> {
  return {
    name: `account ${id}`,
    id,
    repository: (tx) => tx.tenantAccounts,
    mark: (account, by) => ({ ...account, externalId: by }),
    markOf: ({ externalId }) => externalId ?? '',
  }
}

function isJoin({ steps }: Transaction): boolean {
  return steps.some((one) => one.do === 'write' && one.record !== GATE)
}

/** Who joined while it was suspended for certain: since before that began, and with nobody who could have resumed it. */
function findIntruder(history: History): string | null {
  const turns = history.flatMap(({ began, ended, outcome, steps }) =>
    steps.flatMap(({ version, says, ...one }) =>
      outcome === 'committed' && one.do === 'write' && one.record === GATE
        ? [{ began, ended, version, says }]
        : [],
    ),
  )
  const intruder = history.find(
    (one) =>
      one.outcome === 'committed' &&
      isJoin(one) &&
      turns.some(
        ({ says, ended, version }) =>
          says === 'suspended' &&
          ended < one.began &&
          !turns.some((other) => other.version > version && other.began < one.ended),
      ),
  )
  return intruder === undefined
    ? null
    : `${intruder.name} joined the tenant, which had been suspended before it began and was not resumed`
}
