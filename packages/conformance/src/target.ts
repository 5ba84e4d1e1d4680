import type { RecordCounts, UserEngineStore } from '@user-engine/store'

import type { ClientProcess } from './client-process.ts'
import type { Provider } from './provider/provider.ts'

/** The place that one case runs in. */
export interface Universe {
  /** Lower-case letters, digits and `_`, at most 40 characters, new in every run: name the database after it. */
  readonly id: string
  /** Aborted when the kit stops waiting. */
  readonly signal: AbortSignal
}

/** One store on data of its own. A target may keep more in it: its pool, its server, its directory. */
export interface Instance {
  /** The id of the universe that it was opened for. */
  readonly universe: string
  readonly store: UserEngineStore
}

/** Who is under test; stands in every report. */
export interface TargetIdentity {
  readonly name: string
  readonly version: string
  /** Where it comes from, e.g. the address of the repository. */
  readonly url?: string
}

/** Undoes what a fault did. */
export type Restore = () => Promise<void>

export type ObservedNoun = keyof RecordCounts

export interface ObservedRow {
  readonly scopeId: string
  /** The record's id; of an idempotency record the id of its command. */
  readonly id: string
  /** Null where the noun has no version. */
  readonly version: number | null
  /** Everything that is stored of it, as text, to be searched for what must not be there. */
  readonly raw: string
}

/** Looks at the data by a way of its own, not through the adapter, and sees every scope. */
export interface Observer {
  rows(noun: ObservedNoun): Promise<readonly ObservedRow[]>
}

/**
 * Where the next commit loses its connection: the request does not arrive, the answer does not arrive, or the answer is
 * held back for good. Or where an open transaction loses it that has written, be it with its commit or before: with the next
 * request that it sends, or with the next answer that it gets.
 */
export type CutPoint = 'before-commit' | 'after-commit' | 'hang' | 'before-request' | 'after-request'

/** What can be done to the store's backend. Each is real: a stopped process, a closed socket, a killed server. */
export interface Faults<Subject extends Instance> {
  /** Freezes the backend: it takes connections and requests, and answers none. */
  suspend?(instance: Subject): Promise<Restore>
  /** Cuts a connection at this point, once. */
  cut?(instance: Subject, point: CutPoint): Promise<Restore>
  /** Ends all of the store's connections from the far side. New ones are accepted at once. */
  terminate?(instance: Subject): Promise<void>
  /** Kills the backend as a power failure would, and starts it again. Resolves when it accepts connections. */
  crash?(instance: Subject): Promise<void>
  /** Takes all connections that the store may have for transactions, until restored. */
  exhaust?(instance: Subject): Promise<Restore>
  /**
   * Makes the backend one that takes no writes, until restored, as a failover to a read-only one does: connections may end
   * with it.
   */
  demote?(instance: Subject): Promise<Restore>
  /** Leaves no room for more on the disk that the backend keeps its data on, until restored. */
  fill?(instance: Subject): Promise<Restore>
  /**
   * Starts a program in a process of its own that opens another handle on the same data and gives it to `serveClient`: the kit
   * kills it in the middle of its work.
   */
  client?(instance: Subject): ClientProcess | Promise<ClientProcess>
}

/** `behind` lacks the newest migration; `ahead` has one that this release does not know; a `breaking` one forbids it. */
export type SchemaFault = 'behind' | 'ahead' | 'breaking' | 'tampered'

/** Brings the stored schema out of order behind the adapter's back. */
export interface Migrations<Subject extends Instance> {
  put(instance: Subject, fault: SchemaFault): Promise<Restore>
}

/** Turns on the clock by which the store judges leases and expiries. */
export interface Clock<Subject extends Instance> {
  advance(instance: Subject, ms: number): Promise<void>
}

/**
 * What a provider writes, in about forty lines, to have its store judged. `open`, `second` and `destroy` are all that is
 * needed; each power that is given as well lets the kit show more. What it lacks is listed in the report.
 *
 * The kit opens one instance for each case. It refuses one that is not empty or that was opened for something else, and
 * then calls nothing more on it, `destroy` included: it can not delete what it did not make.
 */
export interface Target<Subject extends Instance = Instance> {
  readonly identity: TargetIdentity
  /** Makes an empty store that shares nothing with any other. Name what you create after `universe.id`. */
  open(universe: Universe): Promise<Subject>
  /**
   * Another handle on the same data, as a second process would have one: no cache, pool or lock in common. The kit closes
   * it.
   */
  second(instance: Subject): Promise<UserEngineStore>
  /** Closes the store where it is still open, and removes all that `open` made. */
  destroy(instance: Subject): Promise<void>
  /** Of each power the kit asks for one, after `open`. */
  observer?(instance: Subject): Observer
  readonly faults?: Faults<Subject>
  readonly migrations?: Migrations<Subject>
  readonly clock?: Clock<Subject>
  /** Who provides Postgres, for the profile provider-postgres: `defineProvider` of `@user-engine/conformance/postgres` makes it. */
  readonly provider?: Provider
  /** Takes down what stands behind all instances, e.g. a server of the target's own. Called once, when nothing is run any more. */
  dispose?(): Promise<void>
}

/** Returns its argument: for the types of a target that is written as a literal. */
export function defineTarget<Subject extends Instance>(target: Target<Subject>): Target<Subject> {
  return target
}
