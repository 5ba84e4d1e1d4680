import {
  DIRECTORY,
  directoryScope,
  type StoreCapabilities,
  type UserId,
  type UserEngineStore,
} from '@user-engine/store'

import { bounded } from './bounded.ts'
import { LATE, within, type Patience } from './deadline.ts'
import { checkHonesty } from './honesty.ts'
import { KitError } from './kit-error.ts'
import { hasStore } from './no-store.ts'
import type { Need } from './need.ts'
import { handedOver } from './provider/handoff.ts'
import { createRandom } from './random.ts'
import { createRecords } from './records.ts'
import { replayed } from './replayed.ts'
import { differences } from './show.ts'
import type { Instance, ObservedNoun, Target } from './target.ts'

const NOUNS: readonly ObservedNoun[] = [
  'tenants',
  'users',
  'accounts',
  'externalIdentities',
  'tenantAccounts',
  'groups',
  'memberships',
  'applications',
  'applicationBindings',
  'attributeCatalogs',
  'profileValues',
  'auditRecords',
  'denials',
  'pendingEvents',
  'idempotencyRecords',
]
const DECLARED: readonly (keyof StoreCapabilities)[] = ['isolation', 'tenantIsolation', 'durable', 'writes']

/** The target as one run sees it: it remembers what was opened before, and believes nothing. */
export interface Subject {
  /** The powers that the target has. */
  readonly powers: ReadonlySet<Need>
  /** What every instance so far has declared; null before the first. */
  readonly capabilities: StoreCapabilities | null
  /** An instance that is empty, new, and the run's own. Throws a KitError: then the target is wrong, and the run with it. */
  open(id: string, signal: AbortSignal): Promise<Instance>
  /**
   * Opens two instances at once, and throws a KitError where one shows what was written in the other, where nothing is answered
   * at all, or where one is still open when it was destroyed: then no case could be believed. That nothing can be written is
   * for the cases to say.
   */
  checkApart(ids: readonly [string, string], signal: AbortSignal): Promise<void>
  /** Throws a KitError where the store declares something else than before. */
  compareCapabilities(store: UserEngineStore, when: string): void
  /** Removes an instance of `open`, and no other. */
  destroy(instance: Instance): Promise<void>
}

/** Of a target without a store nothing is opened: what there is of it is its provider. */
function withoutInstances(target: Target): Subject {
  return {
    powers: powersOf(target),
    capabilities: null,
    open: (id, signal) => target.open({ id, signal }),
    checkApart: async () => {},
    compareCapabilities: () => {},
    destroy: async () => {},
  }
}

export function createSubject(target: Target, patience: Patience): Subject {
  if (!hasStore(target)) return withoutInstances(target)
  const seen = new WeakSet()
  const owned = new WeakSet<Instance>()
  let capabilities: StoreCapabilities | null = null

  function compareCapabilities(store: UserEngineStore, when: string): void {
    const declared = Object.fromEntries(DECLARED.map((name) => [name, store.capabilities[name]]))
    capabilities ??= Object.freeze(declared) as unknown as StoreCapabilities
    const [difference] = differences(declared, capabilities)
    if (difference !== undefined) {
      throw new KitError(
        `The store's capabilities changed ${when}: ${difference}. They must be the same in every instance.`,
      )
    }
  }

  async function open(id: string, signal: AbortSignal): Promise<Instance> {
    const instance = await bounded(() => target.open({ id, signal }), patience.caseMs, 'open')
    if (!isInstance(instance))
      throw new KitError('open answered no instance: it has to answer { universe, store }.')
    if (instance.universe !== id) {
      throw new KitError(
        'open answered an instance of another universe. It was left alone: return universe.id as its universe.',
      )
    }
    for (const part of [instance, instance.store]) {
      if (seen.has(part))
        throw new KitError(
          'open answered the same instance or store twice. Make a new one for each universe.',
        )
      seen.add(part)
    }
    const found = await bounded(
      () => findRows(target, instance),
      patience.caseMs,
      'looking whether it is empty',
    )
    if (found !== null) {
      throw new KitError(
        `open answered a store that is not empty: it has ${found}. It was left alone, and is not destroyed either.`,
      )
    }
    owned.add(instance)
    compareCapabilities(instance.store, 'from one instance to the next')
    return instance
  }

  async function destroy(instance: Instance): Promise<void> {
    if (!owned.delete(instance))
      throw new KitError('An instance that the kit did not find empty is not destroyed.')
    await bounded(() => target.destroy(instance), patience.awaitMs, 'destroy')
  }

  async function withInstance(
    id: string,
    signal: AbortSignal,
    work: (instance: Instance) => Promise<void>,
  ): Promise<void> {
    const instance = await open(id, signal)
    try {
      await work(instance)
    } catch (error) {
      // What was found first is said.
      await destroy(instance).catch(() => {})
      throw error
    }
    await destroy(instance)
    if (!(await answers(instance.store, patience.awaitMs))) return
    // A store that answers when it is closed is not the target's fault.
    await within(instance.store.close(), patience.awaitMs).catch(() => {})
    if (!(await answers(instance.store, patience.awaitMs)))
      throw new KitError(
        'destroy left the store open: it still answers. Close it, and remove all that open made.',
      )
  }

  return {
    powers: powersOf(target),
    get capabilities() {
      return capabilities
    },
    compareCapabilities,
    open,
    destroy,
    checkApart: ([one, other], signal) =>
      withInstance(one, signal, (written) =>
        withInstance(other, signal, async (untouched) => {
          const user = await within(writeUser(written.store), patience.caseMs)
          if (user === LATE)
            throw new KitError(
              `The store did not answer the first transaction within ${patience.caseMs} ms: no case could end.`,
            )
          const found = await bounded(
            () => findRows(target, untouched),
            patience.caseMs,
            'looking whether it is empty',
          )
          if (found !== null)
            throw new KitError(
              `Two instances share their data: what was written in one are ${found} of the other.`,
            )
          if (user !== null) await checkHonesty(target, written, user, patience)
        }),
      ),
  }
}

function isInstance(value: unknown): value is Instance {
  return isObject(value) && isStore(value['store'])
}

/** Whether it can be a store at all. */
export function isStore(value: unknown): value is UserEngineStore {
  return isObject(value) && typeof value['transaction'] === 'function' && isObject(value['capabilities'])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** Writes one user, and answers its id, or null where that failed. What the store makes of it is not judged here. */
async function writeUser(store: UserEngineStore): Promise<UserId | null> {
  const user = createRecords(createRandom('apart'), () => '').user()
  return replayed(() => store.transaction(directoryScope(), (tx) => tx.users.insert(user))).then(
    () => user.id,
    () => null,
  )
}

/** Whether it can still be read. */
async function answers(store: UserEngineStore, ms: number): Promise<boolean> {
  const read = async () => {
    await store.transaction(directoryScope(), (tx) => tx.users.list({ after: null, limit: 1 }))
    return true
  }
  return (await within(read(), ms).catch(() => false)) === true
}

/** What a target brings, by the names that cases need it under. */
export function powersOf(target: Target): ReadonlySet<Need> {
  const { observer, clock, migrations, faults = {}, provider } = target
  const { handoff } = provider ?? {}
  const logins = handoff === undefined ? [] : handedOver(handoff).map((purpose) => handoff[purpose])
  const has: Readonly<Record<Exclude<Need, 'durable'>, unknown>> = {
    observer,
    clock,
    migrations,
    'faults.suspend': faults.suspend,
    'faults.cut': faults.cut,
    'faults.terminate': faults.terminate,
    'faults.crash': faults.crash,
    'faults.exhaust': faults.exhaust,
    'faults.demote': faults.demote,
    'faults.fill': faults.fill,
    'faults.client': faults.client,
    provider,
    'provider.tls': handoff?.tls === 'plain' ? undefined : handoff?.tls,
    'provider.leases': logins.find((login) => login !== undefined && 'lease' in login),
    'provider.migrator': handoff?.migrator,
    'provider.migrate': provider?.migrate,
    'provider.revoke': provider?.revoke,
    'provider.restore': provider?.restore,
  }
  return new Set(Object.entries(has).flatMap(([need, power]) => (power === undefined ? [] : [need as Need])))
}

/** The first noun of which there is a row, as far as can be seen; null for none. */
async function findRows(target: Target, instance: Instance): Promise<string | null> {
  const observer = target.observer?.(instance)
  if (observer !== undefined) {
    for (const noun of NOUNS) if ((await observer.rows(noun)).length > 0) return noun
    return null
  }
  return replayed(() =>
    instance.store.transaction(directoryScope(), async (tx) => {
      const page = { after: null, limit: 1 }
      if ((await tx.tenants.list(page)).items.length > 0) return 'tenants'
      if ((await tx.users.list(page)).items.length > 0) return 'users'
      if ((await tx.outbox.pending(page)).items.length > 0) return 'pendingEvents'
      const timeline = await tx.audit.timeline({ ...page, scopeId: DIRECTORY, targetId: null })
      return timeline.items.length > 0 ? 'auditRecords or denials' : null
    }),
  )
}
