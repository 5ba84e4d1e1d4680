import { setImmediate as turn } from 'node:timers/promises'

import {
  directoryScope,
  tenantScope,
  type StoreTransaction,
  type TenantAccount,
  type UserEngineStore,
} from '@user-engine/store'

import type { Case } from '../case.ts'
import { entryOf, profileCatalogOf } from '../records.ts'
import { homeScope, settle } from './estates.ts'
import { answers, READS } from './scope-reads.ts'
import { WRITES } from './scope-writes.ts'
import { asking } from './sign-in.ts'

const FIRST = { after: null, limit: 100 } as const
const UPDATES = WRITES.filter(({ name }) => name.endsWith('-update'))

export const readAnew: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-010/every-read',
    title: 'Each read of a handle answers anew what it answered before, when another handle has changed it',
    preconditions: ['each read found something', 'some read another thing afterwards'],
    async run(ctx) {
      const estate = await settle(ctx)
      const second = await ctx.second()
      const before = await answers(ctx, second, estate)
      ctx.precondition('each read found something', !before.includes(null))
      for (const { home, perform } of UPDATES)
        await ctx.commit(homeScope(home, estate), (tx) => perform(ctx, tx, estate))
      const own = await answers(ctx, ctx.store, estate)
      ctx.precondition('some read another thing afterwards', own.includes(null))
      const anew = await answers(ctx, second, estate)
      for (const [index, { name }] of READS.entries())
        ctx.equal('UE-TRANSACTION-010', anew[index], own[index], `by another handle: ${name}`)
    },
  },
  {
    id: 'UE-TRANSACTION-010/facts',
    title: 'What one handle publishes, binds or sets, the other one reads in a profile and a sign-in at once',
    budget: 'smoke',
    async run(ctx) {
      const seed = await ctx.seed()
      const { tenant, user, identity, application } = seed
      const handles = [ctx.store, await ctx.second()] as const
      const scope = directoryScope(tenant.id)
      let { binding, catalog, value } = seed
      for (const [turn, state] of (['deprecated', 'published', 'deprecated', 'retired'] as const).entries()) {
        const [writer, reader] = turn % 2 === 0 ? handles : [handles[1], handles[0]]
        binding = ctx.make.next(binding, { state: turn % 2 === 0 ? 'suspended' : 'active' })
        catalog = ctx.make.next(catalog, { state })
        value = ctx.make.next(value, { state: turn % 2 === 0 ? 'cleared' : 'set' })
        const changed = { binding, catalog, value }
        await ctx.commit(
          scope,
          async (tx) => {
            await tx.applicationBindings.update(changed.binding)
            await tx.attributeCatalogs.update(changed.catalog)
            await tx.profileValues.update(changed.value)
          },
          writer,
        )
        const ask = { applicationId: application.id, knownCatalogIds: [] }
        const catalogs = state === 'retired' ? [] : [profileCatalogOf(catalog)]
        const values = value.state === 'set' ? [entryOf(value)] : []
        for (const [where, seen] of [
          [scope, values],
          [tenantScope(tenant.id), []],
        ] as const) {
          const facts = await ctx.commit(
            where,
            (tx) => tx.profileValues.facts({ ...ask, userId: user.id }),
            reader,
          )
          ctx.equal(
            'UE-TRANSACTION-010',
            facts,
            { application, binding, catalogs, values: seen },
            'the facts',
          )
        }
        const { profile } = await ctx.commit(
          scope,
          (tx) => tx.externalIdentities.resolve({ ...asking(identity), ...ask }),
          reader,
        )
        const expected = { application, binding, catalogs, values }
        ctx.equal('UE-TRANSACTION-010', profile, expected, 'the profile of a sign-in')
      }
    },
  },
  {
    id: 'UE-TRANSACTION-010/while-others-read',
    title: 'Forty commits are each seen by whoever asks after them, while others never cease to ask the same',
    profile: 'store-concurrent',
    preconditions: ['others asked all the while'],
    async run(ctx) {
      const { tenant, user, identity, tenantAccount } = await ctx.seed()
      const scope = directoryScope(tenant.id)
      const handles = [ctx.store, await ctx.second()] as const
      const reads = {
        'by its id': (tx) => tx.tenantAccounts.find(tenantAccount.id),
        'by its user': (tx) => tx.tenantAccounts.findByUser(user.id),
        'in the list': async (tx) => (await tx.tenantAccounts.list(FIRST)).items[0] ?? null,
        'at a sign-in': async (tx) => (await tx.externalIdentities.resolve(asking(identity))).tenantAccount,
      } satisfies Record<string, (tx: StoreTransaction) => Promise<TenantAccount | null>>
      const ask = (store: UserEngineStore) =>
        Promise.all(Object.values(reads).map((read) => ctx.commit(scope, read, store)))
      let asks = 0
      let written = tenantAccount
      const write = async () => {
        for (let round = 0; round < 40; round += 1) {
          await turn()
          const next = ctx.make.next(written, { externalId: `after ${round} rounds` })
          await ctx.commit(scope, (tx) => tx.tenantAccounts.update(next))
          written = next
          const found = await Promise.all(handles.map(ask))
          for (const [index, how] of Object.keys(reads).entries()) {
            ctx.equal(
              'UE-TRANSACTION-010',
              found[0]?.[index],
              next,
              `what the handle that wrote it found ${how}`,
            )
            ctx.equal('UE-TRANSACTION-010', found[1]?.[index], next, `what the other handle found ${how}`)
          }
        }
      }
      // Each waits for the next turn: a store that answers at once would let nothing else happen in this process.
      let isOver = false
      const results = await ctx.race(5, async (index) => {
        if (index === 0) await write().finally(() => (isOver = true))
        for (; !isOver; asks += 1) {
          await ask(handles[index % 2 === 0 ? 0 : 1])
          await turn()
        }
      })
      const failed = results.filter(({ status }) => status === 'rejected')
      ctx.equal('UE-TRANSACTION-010', failed.length, 0, 'workers that failed')
      ctx.precondition('others asked all the while', asks > 20)
    },
  },
]
