import {
  directoryScope,
  DIRECTORY,
  tenantScope,
  type DenialRecord,
  type OutboxState,
  type RecordCounts,
  type Scope,
  type UserEngineStore,
} from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import { replayed } from '../replayed.ts'
import { compare, NO_TRANSACTION } from './comparison.ts'
import type { Tally } from './divergence.ts'
import { draftDenial } from './drafts.ts'
import type { Setting } from './outcome.ts'
import { planFrame, type Frame } from './plan.ts'
import { playTransaction } from './play.ts'
import type { Surroundings } from './questions.ts'
import { elapse, playRelay } from './relay.ts'
import type { Call, Step } from './script.ts'
import { NOTHING, type Delivery, type Kept } from './state.ts'
import { createWorld, homesOf, scopeOf, type World } from './world.ts'

/** A store and its model, from the first step of a script to the last. */
export interface Run {
  readonly store: UserEngineStore
  readonly other: UserEngineStore
  readonly world: World
  readonly around: Surroundings
  /** What the relay had before. */
  readonly before: OutboxState
  readonly tally: Tally
  readonly denials: DenialRecord[]
  readonly deliveries: Map<string, Delivery>
  readonly delivered: Set<string>
  readonly claims: { readonly token: string; readonly ids: readonly string[] }[]
  kept: Kept
  time: number
  steps: number
  /** The longest list that was read in small pages. */
  longest: number
  elapse(ms: number): Promise<void>
}

/** Begins a script in a world of its own. */
export async function beginRun(ctx: CaseContext, name: number, tally: Tally): Promise<Run> {
  const { store } = ctx
  const other = await ctx.second()
  const world = createWorld(ctx.make, ctx.random, name)
  const counts = (scope: Scope): Promise<RecordCounts> =>
    replayed(() => store.transaction(scope, (tx) => tx.recordCounts()))
  const directory = await counts(directoryScope())
  const tenant = await counts(tenantScope(world.tenants[0]))
  return {
    store,
    other,
    world,
    around: { start: world.start, directory, tenant, open: null },
    before: await replayed(() => store.outbox.state()),
    tally,
    denials: [],
    deliveries: new Map(),
    delivered: new Set(),
    claims: [],
    kept: NOTHING,
    time: 0,
    steps: 0,
    longest: 0,
    elapse: (ms) => ctx.elapse(ms),
  }
}

/** Takes a step on the store and on the model, compares them, and answers what it planned where it was a transaction. */
export async function takeStep(run: Run, step: Step): Promise<Frame | null> {
  run.steps += 1
  const handles = { acting: run.store, looking: run.other }
  switch (step.do) {
    case 'transaction':
      return takeTransaction(run, step)
    case 'deny': {
      const home = homesOf(scopeOf(run.world, step.scope))[0] ?? DIRECTORY
      const before = step.again ? run.denials.findLast(({ scopeId }) => scopeId === home) : undefined
      const drafted = draftDenial(run.world, home, step.about)
      const record = before === undefined ? drafted : { ...drafted, id: before.id, reason: 'again' }
      await replayed(() => run.store.denials.append(record))
      if (before === undefined) run.denials.push(record)
      else run.tally.add('UE-DENIAL-003')
      const of = before === undefined ? 'denial' : 'denial again'
      await compare(run, { ...NO_TRANSACTION, ...handles, of })
      return null
    }
    case 'elapse': {
      await elapse(run)
      const answered = run.kept.answers.map(({ record }) => record)
      await compare(run, { ...NO_TRANSACTION, ...handles, of: 'end', answered })
      return null
    }
    case 'claim':
    case 'acknowledge':
    case 'refuse':
    case 'extend':
    case 'redrive':
      await playRelay(run, step)
      await compare(run, { ...NO_TRANSACTION, ...handles, of: 'outbox' })
      return null
  }
}

async function takeTransaction(
  run: Run,
  step: Extract<Step, { readonly do: 'transaction' }>,
): Promise<Frame> {
  const { world, around, denials, deliveries, time } = run
  const scope = scopeOf(world, step.scope)
  const ownDenials = denies(step.body) ? new Set<string>() : null
  const own = { touched: [], answered: [], ownDenials } satisfies Partial<Setting>
  const { frame, kept } = planFrame(
    { world, scope, around, denials, deliveries, time, ...own },
    run.kept,
    step,
  )
  const [acting, looking] = step.handle === 0 ? [run.store, run.other] : [run.other, run.store]
  await playTransaction(acting, scope, frame, run.tally)
  run.kept = kept
  const { touched, answered } = own
  await compare(run, {
    of: 'transaction',
    acting,
    looking,
    limit: step.limit,
    touched,
    answered,
    frame,
    scope,
  })
  return frame
}

/** Whether anything is denied, at any depth. */
function denies(body: readonly Call[]): boolean {
  return body.some((call) => call.do === 'deny' || (call.do === 'nested' && denies(call.body)))
}

/** Compares once more all that was ever written, and not only what the last step touched. */
export async function compareEnd(run: Run): Promise<void> {
  const { store, other, kept } = run
  await compare(run, {
    ...NO_TRANSACTION,
    of: 'end',
    acting: store,
    looking: other,
    touched: kept.records,
    answered: kept.answers.map(({ record }) => record),
  })
}

/** Leaves the directory as the next script expects it: no catalog in force, and nothing to deliver. */
export async function endRun(run: Run, clocked: boolean): Promise<void> {
  const { store, world } = run
  await replayed(() =>
    store.transaction(directoryScope(), async (tx) => {
      for (const { kind, record } of run.kept.records) {
        if (kind !== 'attribute_catalog' || record.scopeId !== DIRECTORY) continue
        const current = await tx.attributeCatalogs.find(record.id as never)
        if (current !== null)
          await tx.attributeCatalogs.update({
            ...current,
            version: current.version + 1,
            updatedAt: world.now(),
            state: 'retired',
          })
      }
    }),
  )
  const ids = run.kept.events.map(({ id }) => id)
  if (clocked) await elapse(run)
  if (ids.length === 0) return
  await replayed(() => store.outbox.redrive(ids))
  for (const { token } of run.claims) await settleAll(run, token)
  for (let round = 0; round <= ids.length; round += 1) {
    const claim = await replayed(() => store.outbox.claim({ limit: 100, leaseMs: 600_000, ack: null }))
    if (claim.events.length === 0) return
    const eventIds = claim.events.map(({ event }) => event.id)
    await replayed(() => store.outbox.ack({ token: claim.token, eventIds }))
  }
}

async function settleAll(run: Run, token: string): Promise<void> {
  const own = run.kept.events.filter(({ id }) => run.deliveries.get(id)?.token === token)
  if (own.length === 0) return
  const eventIds = own.map(({ id }) => id)
  await replayed(() => run.store.outbox.ack({ token: token as never, eventIds })).catch(() => {})
}
