import { directoryScope, tenantScope, type Scope } from '@user-engine/store'

import type { Case } from '../case.ts'
import { homeScope, settle, type Estate, type Home } from './estates.ts'
import { READS } from './scope-reads.ts'

const TENANTS = 3

/** Who may ask for the same: its owner, the directory beside its tenant, and a tenant that must not see it. */
const scopesOf = (home: Home, estate: Estate, other: Estate): readonly (readonly [string, Scope])[] => [
  ['its owner', homeScope(home, estate)],
  ['the directory with its tenant', directoryScope(estate.tenant.id)],
  ['another tenant', tenantScope(other.tenant.id)],
]

export const simultaneousReads: readonly Case[] = [
  {
    id: 'UE-TENANT-010/asked-at-once',
    title: 'Each read, asked by many scopes at the same moment, is answered to each as if it had asked alone',
    preconditions: ['a tenant is answered otherwise than another one'],
    budget: 'smoke',
    async run(ctx) {
      const estates: Estate[] = []
      for (let more = 0; more < TENANTS; more += 1) {
        const estate = await settle(ctx)
        estates.push(estate)
        // No two tenants count the same.
        await ctx.commit(tenantScope(estate.tenant.id), async (tx) => {
          for (let index = 0; index < more; index += 1) {
            await tx.groups.insert(ctx.make.group({ scopeId: estate.tenant.id }))
          }
        })
      }
      for (const { name, home, ask } of READS) {
        const askers = estates.flatMap((estate, at) =>
          scopesOf(home, estate, estates.at(at - 1) ?? estate).map(([who, scope]) => ({
            who,
            answer: () => ctx.commit(scope, (tx) => ask(tx, estate)),
          })),
        )
        const alone: unknown[] = []
        for (const { answer } of askers) alone.push(await answer())
        const told = new Set(alone.map((each) => JSON.stringify(each)))
        ctx.precondition('a tenant is answered otherwise than another one', told.size > 1)
        const expected = askers.map((asker, at) => ({ ...asker, alone: alone[at] }))
        for (const together of [expected, expected.toReversed()]) {
          const answers = await Promise.all(together.map(({ answer }) => answer()))
          for (const [at, { who, alone }] of together.entries()) {
            ctx.equal('UE-TENANT-010', answers[at], alone, `${name}, asked at once, by ${who}`)
          }
        }
      }
    },
  },
]
