import { randomUUID } from 'node:crypto'

import type { CommandId } from '@user-engine/store'

import type { Attempt } from './denials.ts'

/** One call of an operation: it keeps its keys however often the work around it is run again. */
export interface Step extends Attempt {
  readonly request: string
  readonly commandId: CommandId
  readonly idempotencyKey: string
  /** The key was made here and has gone nowhere: nothing can have been answered under it. */
  isNew: boolean
}

/** The steps of one unit of work, the same ones in each run of it. */
export interface Ledger {
  /** Starts a run over. */
  rewind(): void
  /** The step of the next call with this request; the n-th of equal requests is the n-th again. */
  step(request: string, idempotencyKey: string | undefined): Step
  keys(): readonly string[]
}

export function createLedger(): Ledger {
  /** By request: the steps of equal ones in order, and how many of them this run has come to. */
  const steps = new Map<string, { readonly equal: Step[]; taken: number }>()
  const made: Step[] = []
  return {
    rewind() {
      for (const each of steps.values()) each.taken = 0
    },
    step(request, given) {
      let known = steps.get(request)
      if (known === undefined) steps.set(request, (known = { equal: [], taken: 0 }))
      const { equal } = known
      if (known.taken === equal.length) {
        const step = stepOf(request, given)
        equal.push(step)
        made.push(step)
      }
      known.taken += 1
      return equal[known.taken - 1] as Step
    },
    keys: () => made.map(({ idempotencyKey }) => idempotencyKey),
  }
}

function stepOf(request: string, given: string | undefined): Step {
  const commandId = randomUUID() as string as CommandId
  const idempotencyKey = given ?? `auto:${randomUUID()}`
  const isNew = given === undefined
  return { request, commandId, idempotencyKey, isNew, denialId: null, denialIsDurable: false }
}
