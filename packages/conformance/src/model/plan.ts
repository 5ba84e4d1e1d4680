import { DIRECTORY, type DenialRecord, type StoreTransaction } from '@user-engine/store'

import { draftDenial } from './drafts.ts'
import type { Outcome, Setting } from './outcome.ts'
import { answerOf, wholeQuestions, type Question } from './questions.ts'
import { namedQuestions } from './named-questions.ts'
import type { Call, CrowdCall, Ending } from './script.ts'
import { recordAt, type Kept } from './state.ts'
import { homesOf, SLOTS } from './world.ts'
import { placeOf, planWrite } from './writes.ts'

/** What is done in a (nested) transaction. */
export type Move =
  | { readonly do: 'call'; perform(tx: StoreTransaction): Promise<unknown> }
  | { readonly do: 'look'; readonly questions: readonly Question[] }
  | { readonly do: 'deny'; readonly record: DenialRecord }
  | { readonly do: 'nested'; readonly frame: Frame; readonly caught: boolean }

/** A (nested) transaction as it will be run, and what has to become of it. After a refused call it does nothing more. */
export interface Frame {
  readonly depth: number
  readonly moves: readonly Move[]
  readonly swallow: boolean
  readonly outcome: Outcome
  /** The kinds of its calls, without those of nested ones. */
  readonly calls: readonly Call['do'][]
  /** Whether a denial was made in it, at any depth. */
  readonly denied: boolean
}

interface Planned {
  readonly frame: Frame
  readonly kept: Kept
}

/** Says what has to come of the work, from what is kept before. */
export function planFrame(setting: Setting, before: Kept, work: Ending, depth = 0): Planned {
  const { body, end, swallow } = work
  const moves: Move[] = []
  const calls: Call['do'][] = []
  const denials = setting.denials.length
  const settle = (kept: Kept, outcome: Outcome): Planned => ({
    kept,
    frame: { depth, moves, swallow, outcome, calls, denied: setting.denials.length > denials },
  })
  let kept = before
  for (const one of body) {
    calls.push(one.do)
    for (const call of unfold(setting, kept, one)) {
      if (call.do === 'look') {
        moves.push({ do: 'look', questions: lookAround(setting, kept, call.limit) })
      } else if (call.do === 'deny') {
        const record = draftDenial(setting.world, homesOf(setting.scope)[0] ?? DIRECTORY, call.about)
        setting.denials.push(record)
        setting.ownDenials?.add(record.id)
        moves.push({ do: 'deny', record })
      } else if (call.do === 'nested') {
        const inner = planFrame(setting, kept, call, depth + 1)
        moves.push({ do: 'nested', frame: inner.frame, caught: call.caught })
        if (inner.frame.outcome.kind !== 'kept' && !call.caught) return settle(before, inner.frame.outcome)
        kept = inner.kept
      } else {
        const write = planWrite(setting, kept, call)
        moves.push({ do: 'call', perform: write.perform })
        if (write.outcome !== null) return settle(before, write.outcome)
        kept = write.kept
      }
    }
  }
  return end === 'throw' ? settle(before, { kind: 'thrown' }) : settle(kept, { kind: 'kept' })
}

/** A crowd is as many inserts, of what is not there yet. */
function unfold({ world, scope }: Setting, kept: Kept, call: Call): readonly Exclude<Call, CrowdCall>[] {
  if (call.do !== 'crowd') return [call]
  const home = placeOf(world, scope, call.kind, false)
  return Array.from({ length: call.count }, (_, place) => SLOTS + place)
    .filter((slot) => recordAt(kept, call.kind, home, world.idOf(call.kind, home, slot)) === null)
    .map((slot) => ({
      do: 'insert',
      kind: call.kind,
      draft: { slot, text: call.kind === 'tenant' ? 6 : slot, of: slot, state: 0 },
      again: true,
      like: false,
      stray: false,
    }))
}

function lookAround(setting: Setting, kept: Kept, limit: number): readonly Question[] {
  const { scope, denials, deliveries, time, touched, answered, ownDenials } = setting
  const view = { scope, kept, denials: [...denials], deliveries, time }
  const around = { ...setting.around, open: ownDenials }
  const named = touched.slice(-2).flatMap((one) => namedQuestions(view, around, one))
  const answers = answered.slice(-2).map((one) => answerOf(view, one))
  const paging = { limit, small: touched.at(-1)?.kind ?? null }
  return [...wholeQuestions(view, around, paging), ...named, ...answers]
}
