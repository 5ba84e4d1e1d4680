import { setTimeout as wait } from 'node:timers/promises'

import { directoryScope, isStoreError, type UserEngineStore } from '@user-engine/store'

import type { Budget } from './budget.ts'
import { createCanaries, describeError, exposeText, type Canaries } from './canaries.ts'
import type { CaseContext } from './case.ts'
import type { RequirementId } from './catalogue/index.ts'
import { LATE, within, type Patience } from './deadline.ts'
import { expectationName, mismatchOf } from './expected-error.ts'
import { faultsOf } from './faults.ts'
import { KitError } from './kit-error.ts'
import type { Need } from './need.ts'
import { CaseEnded, type ObservationLog } from './observation.ts'
import { createBarrier } from './race.ts'
import { openProvider } from './provider/context.ts'
import { createRandom } from './random.ts'
import { createRecords } from './records.ts'
import type { Json, Script } from './script.ts'
import { differences, show } from './show.ts'
import { bounded } from './bounded.ts'
import { replayed } from './replayed.ts'
import { isStore } from './subject.ts'
import type { Instance, Restore, Target } from './target.ts'

export interface ContextOptions {
  readonly target: Target
  readonly instance: Instance
  readonly log: ObservationLog
  readonly needs: readonly Need[]
  readonly seed: string
  readonly budget: Budget
  /** What the case is to play again; null for an ordinary run. */
  readonly script: Json | null
  readonly patience: Patience
}

/** A context, and what the runner must know of it once its case has ended. */
export interface ManagedContext {
  readonly context: CaseContext
  readonly canaries: Canaries
  /** Needs that the case has made use of. */
  readonly used: ReadonlySet<Need>
  /** What the case has kept of how it came to fail. */
  readonly kept: Script | null
  /** Names of calls that have not settled. */
  open(): readonly string[]
  /** Restores what faults have left, and closes the second handle. */
  clean(): Promise<void>
}

export function createContext({
  target,
  instance,
  log,
  needs,
  seed,
  budget,
  script,
  patience,
}: ContextOptions): ManagedContext {
  const random = createRandom(seed)
  const canaries = createCanaries(random)
  const make = createRecords(random, () => canaries.make())
  const calls = new Map<symbol, string>()
  const used = new Set<Need>()
  const restores: Restore[] = []
  let second: Promise<UserEngineStore> | null = null
  let kept: Script | null = null

  /** Remembers a call until it settles, so that one which nobody awaited is found. */
  async function track<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
    const key = Symbol(name)
    calls.set(key, name)
    try {
      return await call()
    } finally {
      calls.delete(key)
    }
  }

  /** What the target itself does: where that fails it is named, unless something was broken on purpose. */
  async function ofTarget<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await bounded(work, patience.awaitMs, name)
    } catch (error) {
      const broke = [...used].some((need) => need.startsWith('faults.') || need === 'migrations')
      if (!broke && error instanceof KitError) log.mistake(error.message)
      throw error
    }
  }

  async function openSecond(): Promise<UserEngineStore> {
    const other = await target.second(instance)
    if (!isStore(other)) throw new KitError('second answered no store.')
    if (other === instance.store)
      throw new KitError('second answered the store that open had given: it shows nothing.')
    return other
  }

  function use<Power>(need: Need, power: Power | undefined): Power {
    if (!needs.includes(need) || power === undefined) {
      log.mistake(`it uses ${need} without needing it`)
      throw new KitError(`A case that uses ${need} names it in its needs.`)
    }
    used.add(need)
    return power
  }

  async function broken(need: Need, fault: Promise<Restore>): Promise<Restore> {
    const undo = await track(need, () => fault)
    let restored: Promise<void> | null = null
    const restore = () => (restored ??= undo())
    restores.push(restore)
    return restore
  }

  const must = (id: RequirementId, condition: boolean, observation: string) =>
    log.observe(id, condition, observation)

  const { provider } = target
  const opened = provider === undefined ? null : openProvider(provider, { use, track })

  const context: CaseContext = {
    store: instance.store,
    get capabilities() {
      return instance.store.capabilities
    },
    make,
    random: createRandom(`draw ${seed}`),
    budget,
    script,
    keepScript(data, steps) {
      kept = { data: structuredClone(data), steps: [...steps] }
    },
    second() {
      second ??= track('second', () => ofTarget('second', openSecond))
      return second
    },
    commit: (scope, work, store = instance.store, reads) =>
      track('commit', () => replayed(() => store.transaction(scope, work, reads))),
    async seed() {
      const seeded = make.seed()
      const { tenant, user, account, identity, tenantAccount, group, membership } = seeded
      await context.commit(directoryScope(tenant.id), async (tx) => {
        await tx.tenants.insert(tenant)
        await tx.users.insert(user)
        await tx.accounts.insert(account)
        await tx.externalIdentities.insert(identity)
        await tx.tenantAccounts.insert(tenantAccount)
        await tx.groups.insert(group)
        await tx.memberships.insert(membership)
        await tx.applications.insert(seeded.application)
        await tx.applicationBindings.insert(seeded.binding)
        await tx.attributeCatalogs.insert(seeded.catalog)
        await tx.profileValues.insert(seeded.value)
      })
      return seeded
    },

    must,
    equal(id, actual, expected, what) {
      const found = differences(actual, expected)
      must(
        id,
        found.length === 0,
        found.length === 0 ? `${what} as expected` : `${what}: ${found.slice(0, 3).join('; ')}`,
      )
    },
    rejects: (id, work, expected, what) =>
      track('rejects', async () => {
        let answer
        try {
          answer = await work()
        } catch (error) {
          if (error instanceof CaseEnded || error instanceof KitError) throw error
          const mismatch = mismatchOf(error, expected)
          if (mismatch !== null && isStoreError(error) && error.retryable) throw error
          must(id, mismatch === null, mismatch === null ? `${what} was rejected` : `${what} ${mismatch}`)
          return error
        }
        must(id, false, `${what} resolved with ${show(answer)}, and not with ${expectationName(expected)}`)
        return undefined
      }),
    answers: (id, promise, what) =>
      track('answers', async () => {
        const fail = (text: string): never => {
          must(id, false, text)
          throw new CaseEnded(text)
        }
        let answer
        try {
          answer = await within(promise, patience.awaitMs)
        } catch (error) {
          if (!isStoreError(error) || error.code === 'SERIALIZATION') throw error
          return fail(`${what} was rejected with ${describeError(error)}`)
        }
        if (answer === LATE) return fail(`${what} did not answer in ${patience.awaitMs} ms`)
        must(id, true, `${what} answered`)
        return answer
      }),
    precondition: (name, condition) => log.precondition(name, condition),
    note: (text) => log.note(text),
    show,

    race: (count, worker) =>
      track('race', async () => {
        const barrier = createBarrier(count, patience.quietMs, () =>
          log.note('the store let them in one by one'),
        )
        const settled = await Promise.allSettled(
          Array.from({ length: count }, (_, index) =>
            worker(index, (round = 'first') => barrier.meet(index, round)),
          ),
        )
        for (const one of settled) {
          if (one.status === 'rejected' && !isStoreError(one.reason)) throw one.reason
        }
        return settled
      }),
    pending: async (promise) =>
      (await within(
        promise.catch(() => null),
        patience.quietMs,
      )) === LATE,
    elapse: (ms) =>
      track('elapse', async () => {
        const { clock } = target
        if (clock === undefined) return wait(ms)
        used.add('clock')
        return ofTarget('clock.advance', () => clock.advance(instance, ms))
      }),

    canary: () => canaries.make(),
    secret(id, thing, where) {
      expectFound(canaries, thing)
      const found = canaries.find(exposeText(thing))
      must(
        id,
        found === null,
        `${where} ${found === null ? 'carries no canary' : `carries a canary as ${found}`}`,
      )
    },

    get observer() {
      return use('observer', target.observer?.bind(target))(instance)
    },
    faults: faultsOf(target, instance, { use, track, broken, restores, seed, patience }),
    get provider() {
      return use('provider', opened?.context)
    },
    migrations: {
      put: (fault) => broken('migrations', use('migrations', target.migrations).put(instance, fault)),
    },
  }

  return {
    context,
    canaries,
    used,
    get kept() {
      return kept
    },
    open: () => [...calls.values()],
    async clean() {
      for (const restore of restores.toReversed()) await restore()
      await opened?.end()
      if (second !== null) await (await second).close()
    },
  }
}

/** The negative control: a canary planted beside the thing must be found, or finding none says nothing. */
function expectFound(canaries: Canaries, thing: unknown): void {
  const planted = new Error('planted', { cause: { thing, hidden: [canaries.make()] } })
  if (canaries.find(exposeText(planted)) === null) throw new KitError('A planted canary was not found.')
}
