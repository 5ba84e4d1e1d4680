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
  const steps = new Map<string, Step>()
  let seen = new Map<string, number>()
  return {
    rewind() {
      seen = new Map()
    },
    step(request, given) {
      const count = seen.get(request) ?? 0
      seen.set(request, count + 1)
      const name = `${count}:${request}`
      const known = steps.get(name)
      if (known !== undefined) return known
      const commandId = randomUUID() as string as CommandId
      const idempotencyKey = given ?? `auto:${randomUUID()}`
      const isNew = given === undefined
      const step: Step = { request, commandId, idempotencyKey, isNew, denialId: null, denialIsDurable: false }
      steps.set(name, step)
      return step
    },
    keys: () => [...steps.values()].map(({ idempotencyKey }) => idempotencyKey),
  }
}
