import {
  DIRECTORY,
  directoryScope,
  type Constraint,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { NOUNS } from './nouns.ts'
import { winnersOf } from './winners.ts'

const FIRST = { after: null, limit: 100 } as const
const RUNNERS = 8

/** What has an id of which there may be one. */
interface Named {
  readonly requirement: RequirementId
  readonly name: string
  readonly rule: Constraint
  scope(seed: Seed): Scope
  /** Writes one of its own under the id, and answers it. */
  write(ctx: CaseContext, seed: Seed, tx: StoreTransaction, id: string): Promise<unknown>
  find(tx: StoreTransaction, id: string): Promise<unknown>
}

const NAMED: readonly Named[] = [
  ...NOUNS.map((noun): Named => ({
    requirement: 'UE-RECORD-002',
    name: noun.name,
    rule: noun.idRule,
    scope: (seed) => noun.scope(seed),
    async write(ctx, seed, tx, id) {
      const record = { ...(await noun.another(ctx, seed, tx)), id }
      await noun.repository(tx).insert(record)
      return record
    },
    find: (tx, id) => noun.repository(tx).find(id),
  })),
  {
    requirement: 'UE-AUDIT-003',
    name: 'audit-records',
    rule: 'audit_record_id',
    scope: () => directoryScope(),
    async write(ctx, _seed, tx, id) {
      const record = { ...ctx.make.auditRecord(), id: id as never }
      await tx.audit.append(record)
      return record
    },
    async find(tx, id) {
      const { items } = await tx.audit.timeline({ ...FIRST, scopeId: DIRECTORY, targetId: null })
      return items.find(({ record }) => record.id === id)?.record ?? null
    },
  },
  {
    requirement: 'UE-OUTBOX-019',
    name: 'events',
    rule: 'event_id',
    scope: () => directoryScope(),
    async write(ctx, _seed, tx, id) {
      const event = { ...ctx.make.event('user', ctx.make.user()), id: id as never }
      await tx.outbox.append(event)
      return event
    },
    async find(tx, id) {
      const { items } = await tx.outbox.pending(FIRST)
      return items.find(({ event }) => event.id === id)?.event ?? null
    },
  },
]

/** An id is made by whoever writes: two who were given the same one, e.g. by an import that runs twice, may come at once. */
export const idRaces: readonly Case[] = NAMED.map(
  ({ requirement, name, rule, scope: scopeOf, write, find }): Case => ({
    id: `${requirement}/${name}-raced`,
    title: `${name}: of ${RUNNERS} parallel writes under one id exactly one wins, and the others are told of it`,
    profile: 'store-concurrent',
    async run(ctx) {
      const seed = await ctx.seed()
      const scope = scopeOf(seed)
      const handles = [ctx.store, await ctx.second()] as const
      const { id } = ctx.make.user()
      const results = await ctx.race(RUNNERS, async (index, meet) => {
        await meet('start')
        return ctx.commit(scope, (tx) => write(ctx, seed, tx, id), handles[index % 2 === 0 ? 0 : 1])
      })
      const won = winnersOf(ctx, requirement, rule, results)
      ctx.equal(requirement, won.length, 1, `winners of ${RUNNERS}`)
      const found = await ctx.commit(scope, (tx) => find(tx, id))
      ctx.equal(requirement, found, won[0], 'what is found under the id')
    },
  }),
)
