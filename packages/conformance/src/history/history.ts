/** What one transaction did, as its caller saw it. */
export interface Transaction {
  readonly name: string
  /** Places in the order in which transactions began and ended: one that ended before another began came before it. */
  readonly began: number
  readonly ended: number
  /** When its work was done, and it came to commit; null where it did not. */
  readonly done: number | null
  /** Unknown: the caller was not told, and what others have seen decides. */
  readonly outcome: 'committed' | 'undone' | 'unknown'
  readonly steps: readonly Step[]
}

/** A look at a version of a record, a guard of it, or the writing of it. */
export interface Step {
  readonly do: 'read' | 'guard' | 'write'
  readonly record: string
  /** 0 where the record was not there. */
  readonly version: number
  /** The transaction that wrote this version, as the record itself tells; none for version 0. */
  readonly by: string | null
}

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
