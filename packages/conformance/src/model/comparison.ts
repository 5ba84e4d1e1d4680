import {
  directoryScope,
  tenantScope,
  type IdempotencyKey,
  type Scope,
  type TimelineEntry,
  type UserEngineStore,
} from '@user-engine/store'

import { differences } from '../show.ts'
import { replayed } from '../replayed.ts'
import { Divergence } from './divergence.ts'
import { namedQuestions } from './named-questions.ts'
import type { Frame } from './plan.ts'
import { answerOf, outboxQuestions, wholeQuestions, type Aspect, type Question } from './questions.ts'
import { compareState } from './relay.ts'
import type { ModelRequirement } from './requirements.ts'
import type { Run } from './run.ts'
import type { KeptRecord, View } from './state.ts'
import { homesOf } from './world.ts'

/** What was done, and so what is looked at. */
export interface Comparison {
  /** `outbox`: a call of the relay, which can change nothing else. `end`: all that was ever written. */
  readonly of: 'transaction' | 'denial' | 'denial again' | 'outbox' | 'end'
  /** Of the pages of the list that is read in small ones. */
  readonly limit: number
  /** The handle that made the calls, and the one that looks. */
  readonly acting: UserEngineStore
  readonly looking: UserEngineStore
  readonly touched: readonly KeptRecord[]
  readonly answered: readonly IdempotencyKey[]
  readonly frame: Frame | null
  readonly scope: Scope | null
}

export const NO_TRANSACTION = { limit: 3, touched: [], answered: [], frame: null, scope: null } as const

/** How many of the records that a step touched are asked for by name. Lists and counts tell of the others. */
const NAMED = 6

const viewOf = ({ kept, denials, deliveries, time }: Run, scope: Scope): View => ({
  scope,
  kept,
  denials,
  deliveries,
  time,
})

/** Compares all that each scope sees, and throws a Divergence where it is not what the model says. */
export async function compare(run: Run, comparison: Comparison): Promise<void> {
  const { tenants } = run.world
  const { acting, looking } = comparison
  const beside = tenants[run.steps % tenants.length] ?? tenants[0]
  const scopes = [directoryScope(), directoryScope(beside), ...tenants.map(tenantScope)]
  const looks = scopes.map(async (scope) => {
    const questions = questionsOf(run, comparison, viewOf(run, scope))
    return { scope, questions, answers: await ask(looking, scope, questions) }
  })
  for (const { scope, questions, answers } of await Promise.all(looks)) {
    for (const [place, question] of questions.entries()) {
      const [difference] = differences(answers[place], question.answer)
      if (difference === undefined) {
        count(run, comparison, scope, question)
        continue
      }
      const [again] = await ask(acting, scope, [question])
      const stale = differences(again, question.answer).length === 0
      const requirement = stale ? 'UE-TRANSACTION-010' : blame(comparison, scope, question, answers[place])
      const where =
        scope.kind === 'tenant'
          ? 'a tenant'
          : scope.tenantId === null
            ? 'the directory'
            : 'the directory with a tenant'
      throw new Divergence(
        requirement,
        `afterwards in ${where}${stale ? ', by another handle' : ''}, ${question.what}: ${difference}`,
      )
    }
  }
  await compareState(run)
}

function questionsOf(
  { around }: Run,
  { of, limit, touched, answered }: Comparison,
  view: View,
): readonly Question[] {
  if (of === 'outbox') return outboxQuestions(view, around, limit)
  const home = homesOf(view.scope)[0]
  const asked = of === 'end' ? touched.filter(({ record }) => record.scopeId === home) : touched.slice(-NAMED)
  return [
    ...wholeQuestions(view, around, { limit, small: touched.at(-1)?.kind ?? null }),
    ...asked.flatMap((one) => namedQuestions(view, around, one)),
    ...answered.map((key) => answerOf(view, key)),
  ]
}

function ask(store: UserEngineStore, scope: Scope, questions: readonly Question[]): Promise<unknown[]> {
  return replayed(() =>
    store.transaction(scope, (tx) => Promise.all(questions.map((question) => question.ask(tx)))),
  )
}

const WHOLLY_UNDONE: Readonly<Record<Aspect, ModelRequirement>> = {
  records: 'UE-TRANSACTION-001',
  audit: 'UE-AUDIT-001',
  events: 'UE-OUTBOX-001',
  answers: 'UE-IDEMPOTENCY-001',
}
const PARTLY_UNDONE: Readonly<Record<Aspect, ModelRequirement>> = {
  records: 'UE-TRANSACTION-002',
  audit: 'UE-AUDIT-002',
  events: 'UE-OUTBOX-002',
  answers: 'UE-IDEMPOTENCY-001',
}

/** The promise that what was undone would break, where something was. */
function undoneBy({ frame }: Comparison, { aspect }: Question): ModelRequirement | null {
  if (frame === null) return null
  if (frame.outcome.kind !== 'kept') return WHOLLY_UNDONE[aspect]
  return hasUndone(frame) ? PARTLY_UNDONE[aspect] : null
}

function hasUndone({ moves }: Frame): boolean {
  return moves.some(
    (one) => one.do === 'nested' && (one.frame.outcome.kind !== 'kept' || hasUndone(one.frame)),
  )
}

/** Whether another tenant looks for what it must not find. */
function isElsewhere({ scope }: Comparison, looking: Scope, { answer }: Question): boolean {
  const elsewhere = scope !== null && looking.kind === 'tenant' && looking.tenantId !== scope.tenantId
  return elsewhere && answer === null
}

function blame(comparison: Comparison, scope: Scope, question: Question, found: unknown): ModelRequirement {
  if (isElsewhere(comparison, scope, question)) return 'UE-TENANT-001'
  if (question.aspect === 'audit' && differences(denialsIn(found), denialsIn(question.answer)).length > 0)
    return comparison.of === 'denial again' ? 'UE-DENIAL-003' : 'UE-DENIAL-001'
  return undoneBy(comparison, question) ?? question.blame?.(found) ?? question.requirement
}

function denialsIn(pages: unknown): readonly string[] {
  if (!Array.isArray(pages)) return []
  const items = (pages as readonly { readonly items?: readonly TimelineEntry[] }[]).flatMap(
    (page) => page.items ?? [],
  )
  return items.filter(({ kind }) => kind === 'denial').map(({ record }) => record.id)
}

function count(run: Run, comparison: Comparison, scope: Scope, question: Question): void {
  const { tally } = run
  for (const id of [question.requirement, ...(question.also ?? [])]) tally.add(id)
  const undone = undoneBy(comparison, question)
  if (undone !== null) tally.add(undone)
  if (isElsewhere(comparison, scope, question)) tally.add('UE-TENANT-001')
  if (question.aspect === 'audit' && comparison.frame?.denied === true && undone !== null)
    tally.add('UE-DENIAL-001')
  if (comparison.frame !== null) tally.add('UE-TRANSACTION-010')
  run.longest = Math.max(run.longest, question.length ?? 0)
}
