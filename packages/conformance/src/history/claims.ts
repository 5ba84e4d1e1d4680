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
import { findDoubleHolding, findUnfoundedRefusal, type Attempt } from './holdings.ts'
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

function contest<Item extends VersionedRecord>(name: Name<Item>): Case {
  return {
    id: `${name.id}/${name.case}`,
    title: name.title,
    profile: 'store-concurrent',
    preconditions: ['the name changed hands often'],
    async run(ctx) {
      const seed = await ctx.seed()
      const recorder = createRecorder()
      const scope = name.scope(seed)
      const attempts: Attempt[] = []
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
            else attempts.push(failed(ctx, name, recorded))
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
      const double = findDoubleHolding(attempts)
      ctx.must(name.id, double === null, double ?? 'nobody had it while another one had it')
      const unfounded = findUnfoundedRefusal(attempts)
      ctx.must(name.id, unfounded === null, unfounded ?? 'nobody was refused what was free')
      ctx.precondition('the name changed hands often', got > rounds / 4)
    },
  }
}

function attemptOf<Item>({ recorded }: Holder<Item>, release: Recorded | null): Attempt {
  const { name, began, ended } = recorded
  return { by: name, began, ended, outcome: 'got', release }
}

/** A loser is told the rule, or that the store was not able to say. */
function failed<Item extends VersionedRecord>(
  ctx: CaseContext,
  { id, rule }: Name<Item>,
  { name, began, ended, error }: Recorded,
): Attempt {
  const conflict = isStoreError(error, 'CONFLICT')
  if (conflict) {
    const { constraint } = error.details
    if (constraint !== rule)
      ctx.must(id, false, `${name} was refused with ${constraint}, and not with ${rule}`)
  }
  return { by: name, began, ended, outcome: conflict ? 'refused' : 'undone', release: null }
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
