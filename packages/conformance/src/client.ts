import {
  directoryScope,
  parseUserId,
  type DenialRecord,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import { describeError } from './canaries.ts'
import { makeUnit, stepsOf, writeInParts, type Unit } from './cases/units.ts'
import { createRandom } from './random.ts'
import { createRecords } from './records.ts'
import { replayed } from './replayed.ts'

/** What the kit has a client do: hold a transaction open that has written, or write one command after the other. */
export interface ClientOrder {
  readonly work: 'hold' | 'write'
  /** What it writes follows from it. */
  readonly seed: string
  /** Whom a client that holds has changed. */
  readonly userId: string
  /** The published store that its own is made into; null for none. */
  readonly spoil: string | null
}

/** What it says of it. */
export type ClientNews = 'begins' | 'holds' | 'wrote' | { readonly failed: string }

/** The way between them. */
export interface ClientChannel {
  hear(listener: (order: ClientOrder) => void): void
  say(news: ClientNews): void
}

/** A command, and a denial that comes before it. */
export interface ClientPart {
  readonly unit: Unit
  readonly denial: DenialRecord
}

/** What a client writes, in that order, without end: the kit makes the same. */
export function* partsOf(seed: string): Generator<ClientPart, never> {
  const random = createRandom(seed)
  const make = createRecords(random, () => random.hex(16))
  for (;;) yield { unit: makeUnit({ make }), denial: make.denial() }
}

/**
 * All that the program of `faults.client` does once it has its handle on the store: what the kit asks for, until it is
 * killed. It is started with a channel, as by `fork` of `node:child_process`, and ends with whoever started it.
 *
 * ```ts
 * serveClient(createYourStore(process.argv[2]))
 * ```
 */
export function serveClient(store: UserEngineStore): void {
  process.once('disconnect', () => process.exit())
  attendClient(store, {
    hear: (listener) => process.once('message', listener),
    say: (news) => process.send?.(news),
  })
}

/** The same over any channel. */
export function attendClient(store: UserEngineStore, { hear, say }: ClientChannel): void {
  hear((order) => {
    say('begins')
    carryOut(store, order, say).catch((error: unknown) => {
      say({ failed: describeError(error) })
    })
  })
}

async function carryOut(
  good: UserEngineStore,
  { work, seed, userId, spoil }: ClientOrder,
  say: ClientChannel['say'],
): Promise<void> {
  const store = spoil === null ? good : await spoilt(good, spoil)
  const commit = (write: (tx: StoreTransaction) => Promise<void>) =>
    replayed(() => store.transaction(directoryScope(), write))
  let inParts = false
  for (const { unit, denial } of partsOf(seed)) {
    await replayed(() => store.denials.append(denial))
    if (work === 'hold') await commit((tx) => hold(tx, unit, userId, say))
    if (inParts) await commit((tx) => writeInParts(tx, unit))
    else
      await commit(async (tx) => {
        for (const step of stepsOf(unit)) await step(tx)
      })
    say('wrote')
    inParts = !inParts
  }
}

/** Ends with the process. */
async function hold(
  tx: StoreTransaction,
  unit: Unit,
  userId: string,
  say: ClientChannel['say'],
): Promise<never> {
  await tx.nested(async ({ users }) => {
    const user = await users.find(parseUserId(userId))
    if (user !== null) await users.update({ ...user, version: user.version + 1, kind: 'service' })
  })
  await writeInParts(tx, unit)
  say('holds')
  return new Promise(() => {})
}

async function spoilt(good: UserEngineStore, name: string): Promise<UserEngineStore> {
  const [{ faultyStores }, { oddStores }] = await Promise.all([
    import('./faulty/index.ts'),
    import('./faulty/oddities.ts'),
  ])
  const published = [...faultyStores, ...oddStores].find((one) => one.name === name)
  if (published === undefined) throw new Error(`No published store is called ${name}.`)
  return published.corrupt()(good)
}
