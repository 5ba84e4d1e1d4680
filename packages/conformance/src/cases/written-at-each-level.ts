import { directoryScope, type StoreTransaction, type VersionedRecord } from '@user-engine/store'

import type { Case } from '../case.ts'
import { NOUNS } from './nouns.ts'

/** A record that is written at more than one level before anything has been sent: the innermost state is what counts. */
export const writtenAtEachLevel: readonly Case[] = [
  ...NOUNS.map((noun): Case => ({
    id: `UE-TRANSACTION-004/${noun.name}-at-each-level`,
    title: `${noun.name}: what is changed at each of three levels, twice at one, is read as it was changed last`,
    also: ['UE-VERSION-001'],
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = noun.scope(seed)
      const second = noun.changed(ctx, noun.of(seed))
      const third = noun.changed(ctx, second)
      const fourth = noun.changed(ctx, third)
      const fifth = noun.changed(ctx, fourth)
      const change = async (tx: StoreTransaction, record: VersionedRecord) => {
        await noun.repository(tx).update(record)
        return noun.repository(tx).find(record.id)
      }
      const found = await ctx.commit(scope, async (tx) => {
        const outermost = await change(tx, second)
        const inside = await tx.nested(async (nested) => {
          await noun.repository(nested).update(third)
          return [
            await change(nested, fourth),
            await nested.nested((innermost) => change(innermost, fifth)),
            await noun.repository(nested).find(fifth.id),
          ]
        })
        return [outermost, ...inside, await noun.repository(tx).find(fifth.id)]
      })
      const expected = [second, fourth, fifth, fifth, fifth]
      ctx.equal('UE-TRANSACTION-004', found, expected, 'the record at each level, and on the way out')
      const kept = await ctx.commit(scope, (tx) => noun.repository(tx).find(fifth.id))
      ctx.equal('UE-VERSION-001', kept, fifth, 'the record after the commit')
    },
  })),
  {
    id: 'UE-TRANSACTION-004/moved-at-each-level',
    title: 'What a nested transaction moves on to another user is found by that user alone',
    budget: 'smoke',
    async run(ctx) {
      const seed = await ctx.seed()
      const users = [ctx.make.user(), ctx.make.user()] as const
      const scope = directoryScope(seed.tenant.id)
      const move = async (tx: StoreTransaction, version: number) => {
        const { id: userId } = users[version - 2] ?? seed.user
        await tx.accounts.update({ ...seed.account, version, userId })
        await tx.tenantAccounts.update({ ...seed.tenantAccount, version, userId })
      }
      const found = await ctx.commit(scope, async (tx) => {
        for (const user of users) await tx.users.insert(user)
        await move(tx, 2)
        return tx.nested(async (nested) => {
          await move(nested, 3)
          const versions: (number | null)[] = []
          for (const { id } of [users[0], seed.user, users[1]]) {
            versions.push((await nested.accounts.findByUser(id))?.version ?? null)
            versions.push((await nested.tenantAccounts.findByUser(id))?.version ?? null)
          }
          return versions
        })
      })
      ctx.equal('UE-TRANSACTION-004', found, [null, null, null, null, 3, 3], 'versions found by each user')
    },
  },
]
