import { tenantScope, type Group, type Scope } from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import type { Notes, Place, Recorder } from './record.ts'
import type { Transaction } from './history.ts'

/** Groups of one tenant, whose display name is the mark of who wrote it. */
export interface Registers {
  readonly scope: Scope
  readonly places: readonly Place<Group>[]
}

/** Makes so many of them, as the first transaction of the history. */
export async function createRegisters(
  ctx: CaseContext,
  recorder: Recorder,
  count: number,
): Promise<Registers> {
  const { tenant } = await ctx.seed()
  const groups = Array.from({ length: count }, () => ctx.make.group({ scopeId: tenant.id }))
  const places = groups.map(({ id }, place): Place<Group> => ({
    name: `group ${place + 1}`,
    id,
    repository: (tx) => tx.groups,
    mark: (group, by) => ({ ...group, displayName: by }),
    markOf: ({ displayName }) => displayName,
  }))
  const scope = tenantScope(tenant.id)
  await insist(() =>
    recorder.run(ctx.store, scope, async (notes) => {
      for (const [place, group] of groups.entries()) {
        const register = places[place]
        if (register !== undefined) await notes.insert(register, group)
      }
    }),
  )
  return { scope, places }
}

/** Reads all of them, and guards what it read: what came of the history as a whole. */
export async function readAll(
  ctx: CaseContext,
  recorder: Recorder,
  { scope, places }: Registers,
): Promise<void> {
  await insist(() =>
    recorder.run(ctx.store, scope, async (notes) => {
      for (const place of places) await guardFound(notes, place)
    }),
  )
}

async function guardFound(notes: Notes, place: Place<Group>): Promise<void> {
  const found = await notes.find(place)
  if (found !== null) await notes.guard(place, found)
}

const ENOUGH = 100

/** Runs a transaction that nothing is in the way of, again for as long as the store asks for that. */
export async function insist(run: () => Promise<Transaction>): Promise<Transaction> {
  for (let attempt = 1; ; attempt += 1) {
    const transaction = await run()
    if (transaction.outcome === 'committed' || attempt === ENOUGH) return transaction
  }
}
