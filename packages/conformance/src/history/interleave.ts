import type { Group } from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import { UNDO, type Notes, type Recorder } from './record.ts'
import type { Registers } from './registers.ts'

/** What one of the transactions of a script does next: `1 read a`. */
export interface Act {
  readonly of: number
  readonly does: 'read' | 'guard' | 'write' | 'undo' | 'commit'
  /** The place of the register. */
  readonly on: number
}

/** Reads a script: `1 read a, 2 read a, 1 write a, 1 commit, …`. Registers are a, b and c. */
export function parseActs(script: string): readonly Act[] {
  return script.split(', ').map((act) => {
    const [of, does, register = 'a'] = act.split(' ')
    return { of: Number(of), does: does as Act['does'], on: 'abc'.indexOf(register) }
  })
}

/**
 * Runs the transactions of a script, act by act in its order. Where a store lets an act wait for the end of another
 * transaction, the script goes on without it after the quiet time. That changes the order and not the judgement.
 */
export async function interleave(
  ctx: CaseContext,
  recorder: Recorder,
  registers: Registers,
  acts: readonly Act[],
): Promise<void> {
  const stores = [ctx.store, await ctx.second()] as const
  const turns = acts.map((act) => ({
    act,
    begin: Promise.withResolvers<void>(),
    end: Promise.withResolvers<void>(),
  }))
  const transactions = [...new Set(acts.map(({ of }) => of))].map(async (of) => {
    const own = turns.filter(({ act }) => act.of === of)
    const store = stores[of % 2 === 0 ? 1 : 0]
    const seen = new Map<number, Group | null>()
    try {
      await own[0]?.begin.promise
      await recorder.run(store, registers.scope, async (notes) => {
        for (const { act, begin, end } of own) {
          await begin.promise
          if (act.does === 'undo') throw UNDO
          if (act.does !== 'commit') {
            await perform(ctx, notes, registers, seen, act)
            end.resolve()
          }
        }
      })
    } finally {
      for (const { end } of own) end.resolve()
    }
  })
  const all = Promise.all(transactions)
  for (const { begin, end } of turns) {
    begin.resolve()
    await ctx.pending(end.promise)
  }
  await all
}

async function perform(
  ctx: CaseContext,
  notes: Notes,
  { places }: Registers,
  seen: Map<number, Group | null>,
  { does, on }: Act,
): Promise<void> {
  const place = places[on]
  if (place === undefined) return
  const last = seen.get(on) ?? null
  if (does === 'read') {
    seen.set(on, await notes.find(place))
  } else if (last !== null && does === 'guard') {
    await notes.guard(place, last)
  } else if (last !== null) {
    const next = ctx.make.next(last)
    seen.set(on, next)
    await notes.update(place, next)
    // A read that is not by id sends what a deferring store has kept back.
    await notes.tx.groups.list({ after: null, limit: 10 })
  }
}
