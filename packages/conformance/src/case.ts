import type {
  Scope,
  ReplicaReads,
  StoreCapabilities,
  StoreErrorCode,
  StoreErrorDetails,
  StoreTransaction,
  UserEngineStore,
} from '@user-engine/store'

import type { Budget } from './budget.ts'
import type { Profile } from './catalogue/requirement.ts'
import type { RequirementId } from './catalogue/index.ts'
import type { Client } from './client-process.ts'
import type { ClientOrder } from './client.ts'
import type { Need } from './need.ts'
import type { Failure } from './observation.ts'
import type { ProviderContext } from './provider/context.ts'
import type { Random } from './random.ts'
import type { Records } from './records.ts'
import type { Json } from './script.ts'
import type { CutPoint, Observer, Restore, SchemaFault } from './target.ts'

/**
 * One proof, as data. It runs against an empty store of its own, and passes only when it has recorded at least one
 * observation for each requirement that it names, and each of its preconditions. A case that recorded nothing is
 * `vacuous`, which is as red as a failure.
 *
 * ```ts
 * export const users: readonly Case[] = [
 *   {
 *     id: 'UE-TENANT-004/find',
 *     title: 'A tenant scope finds no user, the directory does',
 *     preconditions: ['the directory finds the user'],
 *     async run(ctx) {
 *       const { user, tenant } = await ctx.seed()
 *       const own = await ctx.commit(directoryScope(), (tx) => tx.users.find(user.id))
 *       ctx.precondition('the directory finds the user', own !== null)
 *       const found = await ctx.commit(tenantScope(tenant.id), (tx) => tx.users.find(user.id))
 *       ctx.must('UE-TENANT-004', found === null, `users.find in a tenant scope answered ${ctx.show(found)}`)
 *     },
 *   },
 * ]
 * ```
 */
export interface Case {
  /** The requirement it proves first, and its own name: `UE-OUTBOX-004/slow-transaction`. */
  readonly id: `${RequirementId}/${string}`
  /** What is shown, as a sentence without its full stop. */
  readonly title: string
  /** What went wrong elsewhere, and would be seen by it here: a CVE, or a product and its issue. */
  readonly incidents?: readonly string[]
  /** Requirements that it proves besides the one in its id. Each needs an observation of its own. */
  readonly also?: readonly RequirementId[]
  /** Where it runs; the profile of its requirement where absent. A race of a store-core promise is store-concurrent. */
  readonly profile?: Profile
  /** What it can't do without, besides what its requirement needs. A power that is not named here can't be used. */
  readonly needs?: readonly Need[]
  /**
   * `full`: it takes too long for every commit, and a `smoke` run takes another for its requirement where there is one.
   * `smoke`: it is short and finds what the first of its requirement does not, and a `smoke` run takes it besides that.
   */
  readonly budget?: Budget
  /** How many times as long as others it may take, where it calls the store as often as hundreds of them. */
  readonly patience?: number
  /** What must have been seen before the rest means anything, e.g. that the owner sees what others must not see. */
  readonly preconditions?: readonly string[]
  /**
   * Looks at what it has kept of an earlier run, and throws a KitError where it is no such thing. Of a case whose transactions
   * run at the same time it judges that again, and answers what it contradicts; null where the case plays it again.
   */
  readonly recheck?: (script: Json) => readonly Failure[] | null
  /** Resolves when all is shown. Start nothing that it does not wait for. */
  run(ctx: CaseContext): Promise<void>
}

/** What a rejection must be: a StoreError of this code, or a TypeError where the port was called wrongly. */
export type ExpectedError =
  | 'TypeError'
  | {
      [Code in StoreErrorCode]: {
        readonly code: Code
        /** Compared where given. */
        readonly details?: StoreErrorDetails[Code]
      }
    }[StoreErrorCode]

/**
 * All that a case may use. Everything random comes from the run's seed. Observations are printed: name what was seen with
 * `show`, which never repeats a value that a person could have given.
 */
export interface CaseContext {
  /** The store under test, empty when the case starts. */
  readonly store: UserEngineStore
  /** What the store declared when it was opened. */
  readonly capabilities: StoreCapabilities
  /** Builds records with fresh ids, in order of time; free text in them is a canary. */
  readonly make: Records
  /** Numbers that follow from the seed of the run and the id of the case: e.g. the seed of a generator. */
  readonly random: Random
  /** How much to do, for a case that draws or repeats: a little at `smoke`, plenty at `full`. */
  readonly budget: Budget
  /**
   * What `keepScript` was given in an earlier run, where this is its replay: then play this and nothing else. Null otherwise.
   * A case whose transactions ran at the same time can't: it runs as before, and its script is for `recheck`.
   */
  readonly script: Json | null
  /**
   * Keeps what the case did, shrunk as far as it could be, for the report (`steps`, a line each) and for a replay (`data`).
   * Call it before the observation that does not hold; the last call counts. What is random comes from the seed as before.
   */
  keepScript(data: Json, steps: readonly string[]): void
  /** Another handle on the same data. The same one each time; the kit closes it. */
  second(): Promise<UserEngineStore>

  /**
   * Runs a transaction, again where it failed with a retryable error (a store may answer SERIALIZATION at any time), and
   * resolves with what `work` did. For all that is not itself about a transaction's failing: prefer it to `store.transaction`.
   */
  commit<Result>(
    scope: Scope,
    work: (tx: StoreTransaction) => Promise<Result>,
    store?: UserEngineStore,
    reads?: ReplicaReads,
  ): Promise<Result>
  /** Commits one tenant, and one user with account, identity and tenant account in it, by all defaults of `make`. */
  seed(): Promise<Seed>

  /**
   * Records an observation for a requirement. Where `condition` is false the case has failed, and goes on, so that the report
   * says what else does not hold: what comes after must bear it. What is thrown afterwards counts no more.
   */
  must(id: RequirementId, condition: boolean, observation: string): void
  /** `must` for deep equality: dates by time, absent and undefined apart. The observation names the paths that differ. */
  equal(id: RequirementId, actual: unknown, expected: unknown, what: string): void
  /**
   * `must` for a rejection. Resolves with the error. A retryable error that is not expected is thrown on, unjudged, so that
   * the `commit` around this call runs again; where there is none around, put one inside.
   */
  rejects(
    id: RequirementId,
    work: () => Promise<unknown>,
    expected: ExpectedError,
    what: string,
  ): Promise<unknown>
  /**
   * `must` for an answer in bounded time: resolves as `promise` does. Where that does not settle before the deadline, or
   * rejects with a StoreError, the case has failed and ends here; SERIALIZATION is thrown on, for a `commit` around.
   */
  answers<Result>(id: RequirementId, promise: Promise<Result>, what: string): Promise<Result>
  /** Records one of the declared preconditions. Where it is false, the case ends: it has nothing to say. */
  precondition(name: string, condition: boolean): void
  /** Something that a reader of the report should know, e.g. that a race was serialised by the store. */
  note(text: string): void
  /** Names a value for an observation: ids, numbers, states and dates as they are, of other text only the length. */
  show(value: unknown): string

  /**
   * Runs `count` workers at once and resolves, in their order, when all have settled. Where one failed by anything but a
   * StoreError, the race fails with that: what the case itself throws to roll back, it catches itself.
   *
   * `meet` resolves when all of them have called it for the same round: put it where the collision should happen, e.g. after
   * the reads. It resolves `false` where they did not all come in the quiet time, because the store let them in one by
   * one: a legal answer, and noted in the report. Called again in a replay it does not wait.
   */
  race<Result>(
    count: number,
    worker: (index: number, meet: (round?: string) => Promise<boolean>) => Promise<Result>,
  ): Promise<readonly PromiseSettledResult<Result>[]>
  /** Whether `promise` is pending still after the quiet time: to choose how to go on, never as a proof. */
  pending(promise: Promise<unknown>): Promise<boolean>
  /** Lets time pass by the store's clock: turned on where the target can, waited for where it can't. For leases and expiry. */
  elapse(ms: number): Promise<void>

  /** Text that occurs nowhere else, to be put where a secret or a person's value stands. */
  canary(): string
  /**
   * `must` for secrecy: nothing of `thing` (message, stack, cause, hidden and symbol properties, JSON, inspection) carries a
   * canary in any encoding. `where` names what was searched. Each call first shows on a copy that it would find one.
   */
  secret(id: RequirementId, thing: unknown, where: string): void

  /** Needs `observer`. */
  readonly observer: Observer
  /** Each needs its own `faults.…`. What is not restored by the case is restored by the kit. */
  readonly faults: {
    suspend(): Promise<Restore>
    cut(point: CutPoint): Promise<Restore>
    terminate(): Promise<void>
    crash(): Promise<void>
    exhaust(): Promise<Restore>
    demote(): Promise<Restore>
    fill(): Promise<Restore>
    /** Resolves when the process has begun its work; of that work the user is whom a client that holds has changed. */
    client(work: ClientOrder['work'], userId: string): Promise<Client>
  }
  /** Needs `provider`. */
  readonly provider: ProviderContext
  /** Needs `migrations`. */
  readonly migrations: { put(fault: SchemaFault): Promise<Restore> }
}

export type Seed = Awaited<ReturnType<Records['seed']>>
