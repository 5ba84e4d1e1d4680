import { isStoreError, type Scope, type StoreTransaction, type UserEngineStore } from '@user-engine/store'

import { describeError } from '../canaries.ts'
import { differences } from '../show.ts'
import { replayed } from '../replayed.ts'
import { Divergence, type Tally } from './divergence.ts'
import type { Refusal } from './outcome.ts'
import type { Frame, Move } from './plan.ts'
import { RULES, type ModelRequirement } from './requirements.ts'

/** How a (nested) transaction ended. */
type End =
  | { readonly kind: 'kept'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }

/** Codes that say something of what was asked. All others are about the store's own state, and are no answer. */
const ANSWERS = ['CONFLICT', 'VERSION_CONFLICT', 'TENANT_BOUNDARY', 'SCOPE_MISSING', 'LEASE_LOST']

/**
 * Runs a planned transaction and throws a Divergence where anything of it is not as planned. A store may answer with a
 * retryable error at any time: then all of it is run again.
 */
export function playTransaction(
  store: UserEngineStore,
  scope: Scope,
  frame: Frame,
  tally: Tally,
): Promise<void> {
  return replayed(async () => {
    const play = createPlay(store, tally)
    let times = 0
    const end = await endOf(
      store.transaction(scope, (tx) => {
        times += 1
        return play.run(tx, frame)
      }),
    )
    play.judge(end, frame)
    if (times !== 1) throw new Divergence('UE-TRANSACTION-005', `work was called ${times} times`)
    tally.add('UE-TRANSACTION-005')
  })
}

async function endOf(promise: Promise<unknown>): Promise<End> {
  try {
    return { kind: 'kept', value: await promise }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

interface Play {
  run(tx: StoreTransaction, frame: Frame): Promise<Frame>
  judge(end: End, frame: Frame): void
}

function createPlay(store: UserEngineStore, tally: Tally): Play {
  /** Kept here as well: a store that loses an error must not lose what was found. */
  let found: Divergence | null = null
  let thrown: Error | null = null
  /** Frames whose last call was answered with the refusal at once. */
  const refusedAtOnce = new Set<Frame>()

  function diverge(requirement: ModelRequirement, observation: string): never {
    found ??= new Divergence(requirement, observation)
    throw found
  }

  async function move(tx: StoreTransaction, frame: Frame, one: Move): Promise<void> {
    switch (one.do) {
      case 'call':
        return void (await one.perform(tx))
      case 'deny':
        return replayed(() => store.denials.append(one.record))
      case 'look': {
        const answers = await Promise.all(one.questions.map((question) => question.ask(tx)))
        for (const [place, question] of one.questions.entries()) {
          const [difference] = differences(answers[place], question.answer)
          if (difference !== undefined) {
            const own = frame.moves.some((other) => other.do === 'call' || other.do === 'nested')
            const broken = question.blame?.(answers[place]) ?? question.requirement
            diverge(
              own ? 'UE-TRANSACTION-004' : broken,
              `inside of a transaction, ${question.what}: ${difference}`,
            )
          }
          for (const id of [question.requirement, ...(question.also ?? [])]) tally.add(id)
        }
        return tally.add('UE-TRANSACTION-004')
      }
      case 'nested': {
        const end = await endOf(tx.nested((inner) => run(inner, one.frame)))
        judge(end, one.frame)
        if (end.kind === 'failed' && !one.caught) throw end.error
      }
    }
  }

  async function run(tx: StoreTransaction, frame: Frame): Promise<Frame> {
    for (const [place, one] of frame.moves.entries()) {
      const refused =
        frame.outcome.kind === 'refused' && place === frame.moves.length - 1 && one.do === 'call'
      try {
        await move(tx, frame, one)
      } catch (error) {
        if (found !== null || !refused || isRetryable(error)) throw error
        refusedAtOnce.add(frame)
        if (!frame.swallow) throw error
      }
    }
    if (frame.outcome.kind === 'thrown') {
      thrown = new Error('the work changes its mind')
      throw thrown
    }
    return frame
  }

  function judge(end: End, frame: Frame): void {
    if (found !== null) throw found
    const { outcome } = frame
    const nested = frame.depth > 0 ? `a transaction nested ${frame.depth} deep` : 'a transaction'
    if (end.kind === 'failed' && isNoAnswer(end.error, thrown)) throw end.error
    const said = end.kind === 'failed' ? describeError(end.error) : 'success'
    switch (outcome.kind) {
      case 'kept':
        if (end.kind === 'failed')
          diverge(blame(end.error, frame), `${nested} that nothing is in the way of failed with ${said}`)
        if (end.value !== frame) diverge('UE-TRANSACTION-005', `${nested} did not answer what its work did`)
        if (frame.moves.some((one) => one.do === 'nested' && one.frame.outcome.kind !== 'kept'))
          tally.add('UE-TRANSACTION-003')
        return tally.add('UE-TRANSACTION-001')
      case 'thrown':
        if (end.kind === 'kept')
          diverge('UE-TRANSACTION-001', `${nested} succeeded although its work had failed`)
        if (end.error !== thrown)
          diverge('UE-TRANSACTION-009', `${nested} failed with ${said}, and not with its work's own error`)
        return tally.add('UE-TRANSACTION-009')
      case 'refused': {
        const { by, requirement, what } = outcome
        const expected = by.map(nameOf).join(' or ')
        if (end.kind === 'kept') {
          const caught = frame.swallow && refusedAtOnce.has(frame)
          diverge(
            caught ? 'UE-TRANSACTION-007' : requirement,
            `${what} was kept, and not refused with ${expected}${caught ? ', once the refusal was caught' : ''}`,
          )
        }
        if (!by.some((refusal) => isRefusal(end.error, refusal)))
          diverge(requirement, `${what} was refused with ${said}, and not with ${expected}`)
        if (frame.swallow) tally.add('UE-TRANSACTION-007')
        return tally.add(requirement)
      }
    }
  }

  return { run, judge }
}

const isRetryable = (error: unknown) => isStoreError(error) && error.retryable

/** Whether an error says nothing of what was asked: then it is thrown on as it is. */
function isNoAnswer(error: unknown, thrown: Error | null): boolean {
  return error !== thrown && isStoreError(error) && !ANSWERS.includes(error.code)
}

/** The promise that an error breaks where none was due. */
function blame(error: unknown, frame: Frame): ModelRequirement {
  if (frame.moves.some((one) => one.do === 'nested' && one.frame.outcome.kind !== 'kept'))
    return 'UE-TRANSACTION-003'
  if (isStoreError(error, 'CONFLICT')) return RULES[error.details.constraint]
  if (isStoreError(error, 'VERSION_CONFLICT')) return 'UE-VERSION-001'
  if (isStoreError(error, 'TENANT_BOUNDARY')) return 'UE-TENANT-002'
  return 'UE-TRANSACTION-001'
}

function isRefusal(error: unknown, refusal: Refusal): boolean {
  if (refusal.code === 'TypeError') return error instanceof TypeError
  if (!isStoreError(error, refusal.code)) return false
  const { code, ...details } = refusal
  return code === 'TENANT_BOUNDARY' || differences(error.details, details).length === 0
}

function nameOf({ code, ...details }: Refusal): string {
  return [code, ...Object.values(details)].join(' ')
}
