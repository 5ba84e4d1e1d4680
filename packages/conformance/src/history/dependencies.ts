import type { History, Transaction } from './history.ts'

/** Why one committed transaction comes before another one. */
export interface Dependency {
  readonly from: Transaction
  readonly to: Transaction
  /**
   * `write`: `to` replaced what `from` wrote. `read`: `to` read what `from` wrote. `overwrite`: `to` replaced what `from`
   * read. `time`: `from` had ended when `to` began.
   */
  readonly kind: 'write' | 'read' | 'overwrite' | 'time'
  /** Of an overwrite: whether `from` has guarded what it read, and so had to be told. */
  readonly held: boolean
  /** What it is about; null for time. */
  readonly record: string | null
  /** The version that `from` wrote or read. */
  readonly version: number
}

/** All dependencies of the committed transactions. Of time only those that do not follow from others. */
export function dependenciesOf(history: History): readonly Dependency[] {
  const committed = history.filter(({ outcome }) => outcome === 'committed')
  const writers = new Map<string, Transaction>()
  for (const one of committed) {
    for (const { record, version, ...step } of one.steps) {
      if (step.do === 'write') writers.set(`${record} ${version}`, one)
    }
  }
  const writerOf = (record: string, version: number) => writers.get(`${record} ${version}`)
  return [...committed.flatMap((one) => byRecords(one, writerOf)), ...byTime(committed)]
}

function byRecords(
  one: Transaction,
  writerOf: (record: string, version: number) => Transaction | undefined,
): readonly Dependency[] {
  const found: Dependency[] = []
  const add = (
    kind: Dependency['kind'],
    from: Transaction | undefined,
    to: Transaction | undefined,
    about: About,
  ) => {
    if (from !== undefined && to !== undefined && from !== to) found.push({ kind, from, to, ...about })
  }
  for (const { record, version, ...step } of one.steps) {
    const about = { record, version, held: false }
    if (step.do === 'write') {
      add('write', writerOf(record, version - 1), one, { ...about, version: version - 1 })
      continue
    }
    const held =
      step.do === 'guard' ||
      one.steps.some((other) => other.record === record && other.version === version && other.do === 'guard')
    add('read', writerOf(record, version), one, about)
    add('overwrite', one, writerOf(record, version + 1), { ...about, held })
  }
  return found
}

type About = Pick<Dependency, 'record' | 'version' | 'held'>

function byTime(committed: readonly Transaction[]): readonly Dependency[] {
  return committed.flatMap((to) => {
    const before = committed.filter(({ ended }) => ended < to.began)
    const latest = Math.max(...before.map(({ began }) => began))
    return before
      .filter(({ ended }) => ended > latest)
      .map((from): Dependency => ({ kind: 'time', from, to, record: null, version: 0, held: false }))
  })
}
