import type { StoreTransaction, UserEngineStore } from '@user-engine/store'

/** Notes which members of the port are called. */
export interface Touched {
  readonly members: Set<string>
  /** The same store, seen by who calls it. */
  watch(store: UserEngineStore): UserEngineStore
}

/** Members as an author knows them: `find`, `listByUser`, `nested`; a log or the relay as one. */
export function createTouched(): Touched {
  const members = new Set<string>()

  function watched<Part extends object>(part: Part, nameOf: (member: string) => string): Part {
    return replace(part, (member, value) =>
      typeof value === 'function'
        ? (...args: unknown[]): unknown => {
            members.add(nameOf(member))
            return Reflect.apply(value, part, args)
          }
        : value,
    )
  }

  function watchTransaction(tx: StoreTransaction): StoreTransaction {
    const named = watched(tx, (member) => member)
    return replace(named, (member, value) => {
      if (member === 'nested') {
        return (work: (inner: StoreTransaction) => Promise<unknown>) =>
          named.nested((inner) => work(watchTransaction(inner)))
      }
      if (typeof value !== 'object' || value === null || member === 'scope') return value
      const isLog = member === 'audit' || member === 'outbox' || member === 'idempotency'
      return watched(value, (called) => (isLog ? member : called))
    })
  }

  function watch(store: UserEngineStore): UserEngineStore {
    const named = watched(store, (member) => member)
    return replace(named, (member, value) => {
      if (member === 'denials') return watched(store.denials, () => 'denials')
      if (member === 'outbox') return watched(store.outbox, () => 'relay')
      if (member !== 'transaction') return value
      const transaction: UserEngineStore['transaction'] = (scope, work, reads) =>
        named.transaction(scope, (tx) => work(watchTransaction(tx)), reads)
      return transaction
    })
  }

  return { members, watch }
}

/** The same object with other members. It stands before an empty one: a frozen one would insist on its own. */
function replace<Part extends object>(part: Part, member: (name: string, value: unknown) => unknown): Part {
  const handler: ProxyHandler<object> = {
    get: (_, name) =>
      typeof name === 'string' ? member(name, Reflect.get(part, name)) : Reflect.get(part, name),
  }
  return new Proxy({}, handler) as Part
}
