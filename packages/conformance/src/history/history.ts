import { z } from 'zod'

/** A look at a version of a record, a guard of it, or the writing of it. */
const step = z.strictObject({
  do: z.enum(['read', 'guard', 'write']),
  record: z.string(),
  /** 0 where the record was not there. */
  version: z.number(),
  /** The transaction that wrote this version, as the record itself tells; none for version 0. */
  by: z.string().nullable(),
  /** Of what the record says, that which its case decides by: `suspended`. */
  says: z.string().nullable(),
})

/** What one transaction did, as its caller saw it. */
const transaction = z.strictObject({
  name: z.string(),
  /** Places in the order in which transactions began and ended: one that ended before another began came before it. */
  began: z.number(),
  ended: z.number(),
  /** When its work was done, and it came to commit; null where it did not. */
  done: z.number().nullable(),
  /** Unknown: the caller was not told, and what others have seen decides. */
  outcome: z.enum(['committed', 'undone', 'unknown']),
  steps: z.array(step).readonly(),
})

export const historySchema = z.array(transaction).readonly()

export type Step = Readonly<z.infer<typeof step>>
export type Transaction = Readonly<z.infer<typeof transaction>>
export type History = readonly Transaction[]

/**
 * The same history without unknown outcomes: a transaction of which others have read or replaced something was committed,
 * and any other one may as well never have been.
 */
export function settle(history: History): History {
  const seen = new Set(
    history
      .filter(({ outcome }) => outcome !== 'undone')
      .flatMap(({ name, steps }) => steps.filter(({ by }) => by !== name))
      .map(({ by }) => by),
  )
  return history.map((one) =>
    one.outcome === 'unknown' ? { ...one, outcome: seen.has(one.name) ? 'committed' : 'undone' } : one,
  )
}
