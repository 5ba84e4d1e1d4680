import { z } from 'zod'

import {
  directoryScope,
  isStoreError,
  tenantScope,
  type Constraint,
  type ExternalIdentity,
  type Group,
  type Scope,
  type VersionedRecord,
} from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case, CaseContext, Seed } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { holdCourt, type Evidence } from './evidence.ts'
import { attemptSchema, findDoubleHolding, findUnfoundedRefusal } from './holdings.ts'
import { createRecorder, type Place, type Recorded } from './record.ts'
import { openRounds, type Worker } from './rounds.ts'

/** A name that one record may have at a time, and that is free again once that one has given it up. */
interface Name<Item extends VersionedRecord> {
  readonly id: RequirementId
  readonly case: string
  readonly title: string
  readonly rule: Constraint
  scope(seed: Seed): Scope
  /** Another record of the same name. */
  make(ctx: CaseContext, seed: Seed): Item
  place(record: Item): Place<Item>
  /** The same record, when it has the name no more. */
  givenUp(record: Item): Item
}

const CLAIMANTS = 4
const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 12, full: 60 }

interface Holder<Item> {
  readonly worker: number
  readonly record: Item
  readonly recorded: Recorded
}

const claimSchema = attemptSchema.extend({
  /** By which rule it was refused. */
  rule: z.string().nullable(),
})
const noted = z.array(claimSchema.readonly()).readonly()

type Claim = z.infer<typeof noted>[number]

function contest<Item extends VersionedRecord>(name: Name<Item>): Case {
  const { judge, recheck } = holdCourt(evidenceOf(name))
  return {
    id: `${name.id}/${name.case}`,
    title: name.title,
    profile: 'store-concurrent',
    recheck,
    preconditions: ['the name changed hands often'],
    async run(ctx) {
      const seed = await ctx.seed()
      const recorder = createRecorder()
      const scope = name.scope(seed)
      const attempts: Claim[] = []
      let holder: Holder<Item> | null = null
      let got = 0
      const rounds = ROUNDS[ctx.budget]
      const play = await openRounds(ctx)
      for (let round = 0; round < rounds; round += 1) {
        const before: Holder<Item> | null = holder
        const winners: Holder<Item>[] = []
        let released: Recorded | null = null
        const workers = Array.from({ length: CLAIMANTS }, (_, worker): Worker => {
          if (before?.worker === worker) {
            const { record } = before
            const work: Worker['work'] = async (store, meet) => {
              const recorded = await recorder.run(store, scope, async (notes) => {
                await meet()
                await notes.update(name.place(record), ctx.make.next(name.givenUp(record)))
              })
              if (recorded.outcome === 'committed') released = recorded
            }
            return { turn: (['early', 'between', 'late'] as const)[round % 3] ?? 'between', work }
          }
          const record = name.make(ctx, seed)
          const work: Worker['work'] = async (store, meet) => {
            const recorded = await recorder.run(store, scope, async (notes) => {
              await meet()
              await notes.insert(name.place(record), record)
            })
            if (recorded.outcome === 'committed') winners.push({ worker, record, recorded })
            else attempts.push(failed(recorded))
          }
          return { turn: 'between', work }
        })
        await play(workers)
        if (before !== null && released !== null) {
          attempts.push(attemptOf(before, released))
          holder = null
        }
        got += winners.length
        holder = winners.at(-1) ?? holder
        for (const winner of winners.slice(0, -1)) attempts.push(attemptOf(winner, null))
      }
      if (holder !== null) attempts.push(attemptOf(holder, null))
      judge(ctx, attempts)
      ctx.precondition('the name changed hands often', got > rounds / 4)
    },
  }
}

function attemptOf<Item>({ recorded }: Holder<Item>, released: Recorded | null): Claim {
  const { name, began, ended } = recorded
  const release = released === null ? null : { began: released.began, ended: released.ended }
  return { by: name, began, ended, outcome: 'got', release, rule: null }
}

/** A loser is told the rule, or that the store was not able to say. */
function failed({ name, began, ended, error }: Recorded): Claim {
  const conflict = isStoreError(error, 'CONFLICT')
  // It may be what a broken store made of a person's value.
  const rule = conflict ? (/^[a-z_]+$/.exec(error.details.constraint)?.[0] ?? 'another rule') : null
  return { by: name, began, ended, outcome: conflict ? 'refused' : 'undone', release: null, rule }
}

function evidenceOf({ id, rule }: Pick<Name<never>, 'id' | 'rule'>): Evidence<readonly Claim[]> {
  return {
    schema: noted,
    findings(claims) {
      const misled = claims.find((one) => one.rule !== null && one.rule !== rule)
      return [
        {
          requirement: id,
          wrong: misled ? `${misled.by} was refused with ${misled.rule}, and not with ${rule}` : null,
          right: 'who was refused was told the rule',
        },
        {
          requirement: id,
          wrong: findDoubleHolding(claims),
          right: 'nobody had it while another one had it',
        },
        { requirement: id, wrong: findUnfoundedRefusal(claims), right: 'nobody was refused what was free' },
      ]
    },
    steps(claims, wrong) {
      const named = new Set(wrong.match(/T\d+/g))
      return claims.filter(({ by }) => named.has(by)).map(describe)
    },
  }
}

function describe({ by, outcome, began, ended, release }: Claim): string {
  const given = release === null ? '' : `, and gave it up from ${release.began} to ${release.ended}`
  return `${by}, ${outcome}, from ${began} to ${ended}${given}`
}

export const claims: readonly Case[] = [
  contest<ExternalIdentity>({
    id: 'UE-IDENTITY-001',
    case: 'claims-and-releases',
    title:
      'Round after round three link a subject that a fourth unlinks: nobody has it with another, or is refused it free',
    rule: 'external_identity_subject',
    scope: () => directoryScope(),
    make: (ctx, { user, identity }) =>
      ctx.make.externalIdentity({ userId: user.id, issuer: identity.issuer, subject: 'one for all' }),
    place: ({ id }) => ({
      name: `identity ${id}`,
      id,
      repository: (tx) => tx.externalIdentities,
      mark: (identity) => identity,
      markOf: () => '',
    }),
    givenUp: (identity) => ({ ...identity, state: 'unlinked' }),
  }),
  contest<Group>({
    id: 'UE-GROUP-001',
    case: 'create-delete-create',
    title:
      'Round after round three create a group that a fourth removes: nobody has its key with another, or is refused it free',
    rule: 'group_key',
    scope: ({ tenant }) => tenantScope(tenant.id),
    make: (ctx, { tenant }) => ctx.make.group({ scopeId: tenant.id, key: 'one for all' }),
    place: ({ id }) => ({
      name: `group ${id}`,
      id,
      repository: (tx) => tx.groups,
      mark: (group) => group,
      markOf: () => '',
    }),
    givenUp: (group) => ({ ...group, state: 'removed' }),
  }),
]
