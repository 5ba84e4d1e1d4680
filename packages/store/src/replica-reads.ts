import type { Brand } from './ids.ts'
import type { StoreTransaction } from './transaction.ts'

/**
 * How far a store has come: an opaque text of at most 200 characters. Two of them can tell how much all tenants together
 * wrote in between, so that it belongs in a session of the server, and leaves it encrypted only.
 */
export type Position = Brand<'Position'>

/** Of a transaction that only reads, and may be answered by a replica. */
export interface ReplicaReads {
  /**
   * It sees all that was committed before this was asked for (UE-REPLICA-001). Null: any state that once was. What is no
   * position, or another database's, is one that only the newest state has reached.
   */
  readonly after: Position | null
}

/** Each write and guard of a transaction, whichever noun it is of. */
const WRITES = ['insert', 'update', 'guard', 'guardState', 'append']

/** The same transaction without its writes: each fails with a TypeError and does nothing (UE-REPLICA-002). */
export function withoutWrites(tx: StoreTransaction): StoreTransaction {
  const members = Object.entries(tx).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === 'object' && member !== null ? refusing(member) : member,
  ])
  return Object.freeze({
    ...(Object.fromEntries(members) as StoreTransaction),
    scope: tx.scope,
    nested: (work) => tx.nested((inner) => work(withoutWrites(inner))),
  } satisfies StoreTransaction)
}

function refusing(noun: object): object {
  const refused = WRITES.filter((name) => name in noun).map((name) => [name, { value: refuse }])
  return Object.create(noun, Object.fromEntries(refused) as PropertyDescriptorMap) as object
}

function refuse(): Promise<never> {
  return Promise.reject(new TypeError('This transaction only reads.'))
}
