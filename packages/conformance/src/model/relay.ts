import {
  isStoreError,
  type ClaimedEvent,
  type EventId,
  type LeaseToken,
  type OutboxEvent,
} from '@user-engine/store'

import { describeError } from '../canaries.ts'
import { differences } from '../show.ts'
import { replayed } from '../replayed.ts'
import { stateOf } from './answers.ts'
import { Divergence } from './divergence.ts'
import type { Run } from './run.ts'
import type { ModelRequirement } from './requirements.ts'
import type { Step } from './script.ts'
import { UNCLAIMED, type Delivery } from './state.ts'
import { SHORT_TTL_MS } from './writes.ts'

/** A lease or a delay of a script: over when it lets time elapse, and never before. */
const LEASE_MS = 600_000

type RelayStep = Exclude<Step, { readonly do: 'transaction' | 'deny' | 'elapse' }>

/** Lets time pass by the store's clock and the model's. */
export async function elapse(run: Run): Promise<void> {
  const ms = Math.max(LEASE_MS, SHORT_TTL_MS) + 1000
  await run.elapse(ms)
  run.time += ms
  run.tally.add('UE-OUTBOX-012')
}

/** Makes a call of the relay, and compares what comes of it with what must. */
export async function playRelay(run: Run, step: RelayStep): Promise<void> {
  switch (step.do) {
    case 'claim':
      return claim(run, step)
    case 'acknowledge':
      return acknowledge(run, step.how)
    case 'refuse':
      return refuse(run, step)
    case 'extend':
      return extend(run, step.settled)
    case 'redrive':
      return redrive(run)
  }
}

const deliveryOf = ({ deliveries }: Run, { id }: { readonly id: string }): Delivery =>
  deliveries.get(id) ?? UNCLAIMED

/** The first undelivered event of each aggregate, where it may be claimed now. */
function claimable(run: Run): readonly OutboxEvent[] {
  return run.kept.events.filter((event) => {
    const first = !run.kept.events.some((other) => isSameStream(event, other) && comesBefore(other, event))
    const { dead, until } = deliveryOf(run, event)
    return first && !dead && until <= run.time
  })
}

function isSameStream(one: OutboxEvent, other: OutboxEvent): boolean {
  return (
    one.scopeId === other.scopeId &&
    one.aggregate.kind === other.aggregate.kind &&
    one.aggregate.id === other.aggregate.id
  )
}

function comesBefore(one: OutboxEvent, other: OutboxEvent): boolean {
  return one.aggregateVersion === other.aggregateVersion
    ? one.ordinal < other.ordinal
    : one.aggregateVersion < other.aggregateVersion
}

/** Events of the token whose lease holds. */
function held(run: Run, token: string | null): readonly OutboxEvent[] {
  return run.kept.events.filter((event) => {
    const delivery = deliveryOf(run, event)
    return token !== null && delivery.token === token && stateOf(delivery, run.time) === 'leased'
  })
}

/** The last claim of which something is held, or, settled, the last of which nothing is. */
function tokenOf(run: Run, settled: boolean): string | null {
  return run.claims.findLast(({ token }) => held(run, token).length > 0 !== settled)?.token ?? null
}

async function claim(run: Run, step: Extract<RelayStep, { readonly do: 'claim' }>): Promise<void> {
  const token = step.acknowledge ? tokenOf(run, false) : null
  const own = held(run, token)
  const ack = token === null ? null : { token: token as LeaseToken, eventIds: own.map(({ id }) => id) }
  const claimed = await replayed(() => run.store.outbox.claim({ limit: step.limit, leaseMs: LEASE_MS, ack }))
  if (ack !== null) {
    deliver(run, own)
    run.tally.add('UE-OUTBOX-013')
  }
  const free = claimable(run)
  // What a script before left behind is none of this one's.
  const events = claimed.events.filter(({ event }) => event.id > run.world.start)
  for (const event of events) judgeClaimed(run, free, event)
  const due = Math.min(step.limit - (claimed.events.length - events.length), free.length)
  const streams = new Set(events.map(({ event }) => event.id))
  if (events.length !== due || streams.size !== due) {
    const busy = run.kept.events.length - free.length
    diverge(
      busy > 0 ? 'UE-OUTBOX-017' : 'UE-OUTBOX-010',
      `a claim of ${step.limit} was given ${streams.size} events, of ${free.length} that may be claimed`,
    )
  }
  run.tally.add('UE-OUTBOX-017')
  if (run.claims.some((other) => other.token === claimed.token))
    diverge('UE-OUTBOX-006', 'a claim was given the token of an earlier one')
  const until = run.time + LEASE_MS
  for (const { event, attempts } of events)
    run.deliveries.set(event.id, { attempts, token: claimed.token, dead: false, until })
  run.claims.push({ token: claimed.token, ids: events.map(({ event }) => event.id) })
}

function judgeClaimed(run: Run, free: readonly OutboxEvent[], { event, attempts }: ClaimedEvent): void {
  const known = run.kept.events.find(({ id }) => id === event.id)
  if (known === undefined) {
    const settled = run.delivered.has(event.id)
    diverge(
      settled ? 'UE-OUTBOX-006' : 'UE-OUTBOX-001',
      `an event was delivered that ${settled ? 'was acknowledged before' : 'no committed transaction appended'}`,
    )
  }
  const delivery = deliveryOf(run, event)
  if (!free.includes(known)) {
    const { token, dead } = delivery
    const state = stateOf(delivery, run.time)
    const requirement = dead ? 'UE-OUTBOX-009' : state === 'leased' ? 'UE-OUTBOX-005' : 'UE-OUTBOX-007'
    const why = {
      dead: 'dead',
      leased: 'leased',
      pending: token === null ? 'not its turn' : 'given back for later',
    }
    diverge(requirement, `an event was claimed that is ${why[state]}`)
  }
  const [difference] = differences({ event, attempts }, { event: known, attempts: delivery.attempts + 1 })
  if (difference !== undefined) diverge('UE-OUTBOX-010', `a claimed event: ${difference}`)
  for (const id of ['UE-OUTBOX-005', 'UE-OUTBOX-007', 'UE-OUTBOX-010'] as const) run.tally.add(id)
}

function deliver(run: Run, events: readonly OutboxEvent[]): void {
  const ids = new Set<string>(events.map(({ id }) => id))
  run.kept = { ...run.kept, events: run.kept.events.filter(({ id }) => !ids.has(id)) }
  for (const id of ids) {
    run.delivered.add(id)
    run.deliveries.delete(id)
  }
}

/** Where a script asks for what there is none of, nothing is called. */
async function acknowledge(
  run: Run,
  how: Extract<RelayStep, { readonly do: 'acknowledge' }>['how'],
): Promise<void> {
  const token = tokenOf(run, how === 'settled')
  const own = held(run, token)
  const earlier = run.claims.find((one) => one.token === token)?.ids ?? []
  const foreign = run.kept.events.find((event) => deliveryOf(run, event).token !== token)
  const ids = {
    all: own.map(({ id }) => id),
    one: own.slice(0, 1).map(({ id }) => id),
    'with-another': foreign === undefined ? [] : [...own.map(({ id }) => id), foreign.id],
    settled: earlier.slice(0, 1),
  }[how]
  if (token === null || ids.length === 0) return
  const eventIds = ids as readonly EventId[]
  const valid = how === 'all' || how === 'one'
  await settles(
    run,
    how === 'with-another' ? 'UE-OUTBOX-011' : 'UE-OUTBOX-006',
    'an ack',
    () => run.store.outbox.ack({ token: token as LeaseToken, eventIds }),
    valid,
  )
  if (valid) deliver(run, own.slice(0, how === 'one' ? 1 : own.length))
}

async function refuse(
  run: Run,
  { delayed, dead, settled }: Extract<RelayStep, { readonly do: 'refuse' }>,
): Promise<void> {
  const token = tokenOf(run, settled)
  const own = held(run, token)[0]
  const eventId = settled ? run.claims.find((one) => one.token === token)?.ids[0] : own?.id
  if (token === null || eventId === undefined) return
  const delayMs = delayed ? LEASE_MS : 0
  await settles(
    run,
    settled ? 'UE-OUTBOX-006' : 'UE-OUTBOX-009',
    'a nack',
    () => run.store.outbox.nack({ token: token as LeaseToken, eventId: eventId as EventId, delayMs, dead }),
    !settled,
  )
  if (own === undefined || settled) return
  const { attempts } = deliveryOf(run, own)
  run.deliveries.set(own.id, { attempts, token: null, dead, until: run.time + delayMs })
  if (delayed) run.tally.add('UE-OUTBOX-014')
}

async function extend(run: Run, settled: boolean): Promise<void> {
  const token = tokenOf(run, settled)
  if (token === null) return
  const eventIds = (run.claims.find((one) => one.token === token)?.ids ?? []) as readonly EventId[]
  const extended = () => run.store.outbox.extend({ token: token as LeaseToken, eventIds }, LEASE_MS)
  await settles(run, 'UE-OUTBOX-008', 'an extension', extended, !settled)
  for (const event of held(run, token)) {
    run.deliveries.set(event.id, { ...deliveryOf(run, event), until: run.time + LEASE_MS })
  }
}

async function redrive(run: Run): Promise<void> {
  const dead = run.kept.events.filter((event) => deliveryOf(run, event).dead)
  const others = run.kept.events.filter((event) => !dead.includes(event)).slice(0, 2)
  const count = await replayed(() => run.store.outbox.redrive([...others, ...dead].map(({ id }) => id)))
  if (count !== dead.length)
    diverge('UE-OUTBOX-015', `${count} events were redriven, of ${dead.length} dead ones`)
  for (const { id } of dead) run.deliveries.set(id, UNCLAIMED)
  run.tally.add('UE-OUTBOX-015')
}

/** Makes a call that must succeed, or that must be refused with LEASE_LOST. */
async function settles(
  run: Run,
  requirement: ModelRequirement,
  what: string,
  call: () => Promise<void>,
  valid: boolean,
): Promise<void> {
  try {
    await replayed(call)
  } catch (error) {
    if (isStoreError(error) && error.code !== 'LEASE_LOST') throw error
    if (valid || !isStoreError(error))
      diverge(requirement, `${what} of what is held was refused with ${describeError(error)}`)
    return run.tally.add(requirement)
  }
  if (!valid) diverge(requirement, `${what} of what is not held succeeded`)
  run.tally.add(requirement)
}

/** Compares the counts of all scopes, but for what scripts before have left. */
export async function compareState(run: Run): Promise<void> {
  const state = await replayed(() => run.store.outbox.state())
  const count = (name: 'pending' | 'leased' | 'dead') =>
    run.kept.events.filter((event) => stateOf(deliveryOf(run, event), run.time) === name).length
  const expected = { pending: count('pending'), leased: count('leased'), dead: count('dead') }
  const { oldestAgeMs, ...found } = state
  const own = {
    pending: found.pending - run.before.pending,
    leased: found.leased - run.before.leased,
    dead: found.dead - run.before.dead,
  }
  const [difference] = differences(own, expected)
  if (difference !== undefined) diverge('UE-OUTBOX-016', `the state of the outbox: ${difference}`)
  const some = found.pending + found.leased + found.dead > 0
  if (some !== (oldestAgeMs !== null))
    diverge('UE-OUTBOX-016', `the oldest of ${some ? 'some' : 'no'} events is ${oldestAgeMs} ms old`)
  run.tally.add('UE-OUTBOX-016')
}

function diverge(requirement: ModelRequirement, observation: string): never {
  throw new Divergence(requirement, observation)
}
