import {
  DIRECTORY,
  directoryScope,
  type ScopeId,
  type StoreTransaction,
  type VersionedRecord,
} from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'
import { NOUNS, type Noun } from './nouns.ts'

/** One that is refused in a nested transaction takes nothing along: the same record, as it must be, is kept after it. */
async function refuse(
  ctx: CaseContext,
  seed: Seed,
  noun: Noun,
  spoil: (record: VersionedRecord) => VersionedRecord,
  what: string,
): Promise<void> {
  const scope = directoryScope(seed.tenant.id)
  const record = await ctx.commit(scope, async (tx) => {
    const made = await noun.another(ctx, seed, tx)
    const refused = () => tx.nested((inner) => noun.repository(inner).insert(spoil(made)))
    await ctx.rejects('UE-RECORD-006', refused, 'TypeError', what)
    await noun.repository(tx).insert(made)
    return made
  })
  const found = await ctx.commit(scope, (tx) => noun.repository(tx).find(record.id))
  ctx.equal('UE-RECORD-006', found, record, `what was kept after ${what}`)
}

function loop(): object {
  const it: { self?: unknown } = {}
  it.self = it
  return it
}

class Price {
  readonly cents = 100
}

/** What JSON makes something else of, or nothing at all. */
const NO_DATA: readonly (readonly [name: string, value: unknown])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a bigint', 1n],
  ['a function', () => 1],
  ['undefined', undefined],
  ['a map', new Map([['a', 1]])],
  ['an object of a class', new Price()],
  ['a time that is none', new Date(Number.NaN)],
  ['what holds itself', loop()],
]

export const refusedRecords: readonly Case[] = [
  {
    id: 'UE-RECORD-006/version',
    title: 'A record begins with version 1: with another one it is refused, whatever the noun',
    async run(ctx) {
      const seed = await ctx.seed()
      for (const noun of NOUNS)
        for (const version of [0, 2])
          await refuse(
            ctx,
            seed,
            noun,
            (record) => ({ ...record, version }),
            `${noun.name} of version ${version}`,
          )
    },
  },
  {
    id: 'UE-RECORD-006/home',
    title: 'What lives in the directory is refused in a tenant, and what lives in a tenant in the directory',
    budget: 'smoke',
    async run(ctx) {
      const seed = await ctx.seed()
      for (const noun of NOUNS) {
        if (noun.home === undefined) continue
        const scopeId: ScopeId = noun.home === 'directory' ? seed.tenant.id : DIRECTORY
        const away = noun.home === 'directory' ? 'a tenant' : 'the directory'
        await refuse(ctx, seed, noun, (record) => ({ ...record, scopeId }), `${noun.name} in ${away}`)
      }
    },
  },
  {
    id: 'UE-RECORD-006/no-data',
    title: 'What is no plain data is refused wherever a value can be, and takes nothing else along',
    budget: 'smoke',
    async run(ctx) {
      const { user, catalog } = await ctx.seed()
      const writes: Readonly<Record<string, (tx: StoreTransaction, value: unknown) => Promise<void>>> = {
        'a profile value': (tx, value) =>
          tx.profileValues.insert(
            ctx.make.profileValue({ userId: user.id, catalogId: catalog.id, value: [value] as never }),
          ),
        'an event': (tx, value) =>
          tx.outbox.append(ctx.make.event('user', ctx.make.user(), { data: { value } as never })),
        'an idempotency record': (tx, value) =>
          tx.idempotency.insert(ctx.make.idempotencyRecord({ result: { list: [value] } as never }), 60_000),
      }
      for (const [what, write] of Object.entries(writes)) {
        for (const [name, value] of NO_DATA) {
          const before = ctx.make.user()
          await ctx.commit(directoryScope(), async (tx) => {
            await tx.users.insert(before)
            const refused = () => tx.nested((inner) => write(inner, value))
            await ctx.rejects('UE-RECORD-006', refused, 'TypeError', `${what} with ${name}`)
          })
          const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(before.id))
          ctx.equal('UE-RECORD-006', found, before, `what was written before ${what} with ${name}`)
        }
      }
    },
  },
]
