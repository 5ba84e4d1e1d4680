import type { Dependency } from './dependencies.ts'
import type { Transaction } from './history.ts'

export type Cycle = readonly Dependency[]

/**
 * The shortest cycle that begins with a dependency that `first` takes, and goes on over those that `rest` takes; null
 * where there is none.
 */
export function shortestCycle(
  dependencies: readonly Dependency[],
  first: (one: Dependency) => boolean,
  rest: (one: Dependency) => boolean,
): Cycle | null {
  const next = Map.groupBy(dependencies.filter(rest), ({ from }) => from)
  let shortest: Cycle | null = null
  for (const start of dependencies.filter(first)) {
    const way = shortestWay(next, start.to, start.from)
    if (way !== null && (shortest === null || way.length + 1 < shortest.length)) shortest = [start, ...way]
  }
  return shortest
}

function shortestWay(
  next: ReadonlyMap<Transaction, readonly Dependency[]>,
  from: Transaction,
  to: Transaction,
): Cycle | null {
  const ways = new Map<Transaction, Cycle>([[from, []]])
  for (const [reached, way] of ways) {
    if (reached === to) return way
    for (const one of next.get(reached) ?? []) {
      // A map is walked in order of insertion, also over what is inserted meanwhile: the nearest first.
      if (!ways.has(one.to)) ways.set(one.to, [...way, one])
    }
  }
  return null
}

/** The cycle in words: each transaction, why it comes before the next one, and that this can't be. */
export function describeCycle(cycle: Cycle): string {
  const reasons = cycle.map((one) => `${one.from.name} comes before ${one.to.name}, as ${reasonOf(one)}`)
  return `${reasons.join('; ')}: no order of them is possible`
}

function reasonOf({ kind, from, to, record, version, held }: Dependency): string {
  switch (kind) {
    case 'write':
      return `${to.name} replaced version ${version} of ${record}, which ${from.name} wrote`
    case 'read':
      return `${to.name} read version ${version} of ${record}, which ${from.name} wrote`
    case 'overwrite': {
      const seen = version === 0 ? `found no ${record}` : `read version ${version} of ${record}`
      const replaced = version === 0 ? 'which' : 'and that'
      return `${from.name} ${seen}${held ? ' and guarded it' : ''}, ${replaced} ${to.name} ${version === 0 ? 'created' : 'replaced'}`
    }
    case 'time':
      return `it had ended when ${to.name} began`
  }
}
