import { setTimeout as wait } from 'node:timers/promises'

import { isStoreError, type UserEngineStore } from '@user-engine/store'

import type { Budget } from './budget.ts'
import { describeError } from './canaries.ts'
import { createContext } from './context.ts'
import { LATE, within, type Patience } from './deadline.ts'
import { KitError } from './kit-error.ts'
import { FACTS } from './need.ts'
import { CaseEnded, createObservationLog, type Failure, type ObservationLog } from './observation.ts'
import type { RequirementId } from './catalogue/index.ts'
import type { PlannedCase } from './plan.ts'
import type { Json, Script } from './script.ts'
import type { Subject } from './subject.ts'
import type { Instance, Target } from './target.ts'
import type { CaseVerdict } from './verdict.ts'

export interface CaseOutcome {
  readonly verdict: CaseVerdict
  /** Why it is not a pass; null where it is. */
  readonly reason: string | null
  /** The requirements that were contradicted, in that order, and by what first. */
  readonly failures: readonly Failure[]
  /** How many observations held, of each of its requirements. */
  readonly observations: Readonly<Record<string, number>>
  readonly notes: readonly string[]
  /** How it came to fail, where the case has kept that. */
  readonly script: Script | null
  readonly durationMs: number
  /** Of that, how long the target took to open its instance, and to destroy it. */
  readonly openMs: number
  readonly destroyMs: number
}

export interface CaseRun {
  readonly target: Target
  readonly subject: Subject
  readonly planned: PlannedCase
  readonly universe: string
  readonly seed: string
  readonly budget: Budget
  readonly script: Json | null
  readonly patience: Patience
  /** What makes the whole run worthless. */
  onProblem(problem: string): void
}

interface Attempt {
  /** What ended the case, other than its own observations. */
  readonly trouble: string | null
  readonly kept: Script | null
}

/** Opens an instance, runs the case on it, removes the instance, and judges what was seen. Never rejects. */
export async function runCase(run: CaseRun): Promise<CaseOutcome> {
  const started = performance.now()
  const { planned, subject } = run
  const log = createObservationLog(planned.requirements, planned.case.preconditions ?? [])
  let kept: Script | null = null
  let openMs = 0
  let destroyMs = 0
  const settle = (verdict: CaseVerdict, reason: string | null): CaseOutcome => ({
    verdict,
    reason,
    failures: failuresOf(log),
    observations: Object.fromEntries(
      planned.requirements.map((id) => [
        id,
        log.observations.filter(({ requirement, held }) => held && requirement === id).length,
      ]),
    ),
    notes: log.notes,
    script: verdict === 'pass' ? null : kept,
    durationMs: since(started),
    openMs,
    destroyMs,
  })

  const stop = new AbortController()
  let instance: Instance
  try {
    instance = await subject.open(run.universe, stop.signal)
  } catch (error) {
    run.onProblem(`${planned.case.id}: ${describeError(error)}`)
    return settle('notRun', 'no instance could be opened')
  }
  openMs = since(started)
  if (planned.needs.includes('durable') && !instance.store.capabilities.durable) {
    await destroy(run, instance)
    return settle('unsupported', 'the store does not declare the capability durable')
  }
  const stray = catchStray()
  const { trouble, ...attempted } = await attempt(run, instance, log)
  kept = attempted.kept
  stop.abort()
  // An unhandled rejection is reported one turn after it came to be.
  await new Promise(setImmediate)
  const strays = stray.release()
  const ending = performance.now()
  const destroyed = await destroy(run, instance)
  destroyMs = since(ending)
  if (log.mistakes.length > 0) {
    run.onProblem(`${planned.case.id}: ${log.mistakes[0]}`)
    return settle('error', log.mistakes.join('; '))
  }
  const [failure] = failuresOf(log)
  // What was seen counts, whatever came of it afterwards.
  if (failure !== undefined) return settle('fail', `${failure.requirement}: ${failure.observation}`)
  if (!destroyed) return settle('error', 'its instance could not be destroyed')
  const missing = missingPrecondition(planned, log)
  if (missing?.held === false) return settle('vacuous', `the precondition "${missing.name}" does not hold`)
  if (trouble !== null) return settle('error', trouble)
  if (strays.length > 0) return settle('error', `an error was thrown that nobody awaited: ${strays[0]}`)
  if (missing !== null) return settle('vacuous', `the precondition "${missing.name}" was never checked`)
  const silent = planned.requirements.filter(
    (id) => !log.observations.some(({ requirement }) => requirement === id),
  )
  if (silent.length > 0) return settle('vacuous', `it observed nothing of ${silent.join(', ')}`)
  return settle('pass', null)
}

function since(moment: number): number {
  return Math.round(performance.now() - moment)
}

async function attempt(run: CaseRun, instance: Instance, log: ObservationLog): Promise<Attempt> {
  const { target, subject, planned, seed, budget, script, patience } = run
  const managed = createContext({
    target,
    instance,
    log,
    needs: planned.needs,
    seed: `${seed} ${planned.case.id}`,
    budget,
    script,
    patience,
  })
  let trouble: Attempt['trouble'] = null
  // A case goes on after a failure, to see what else does not hold, and is not waited for longer than for one answer.
  const given = log.failed.then(() => wait(patience.awaitMs, undefined, { ref: false }))
  try {
    const limitMs = patience.caseMs * (planned.case.patience ?? 1)
    const ended = await within(Promise.race([planned.case.run(managed.context), given]), limitMs)
    if (ended === LATE) trouble = `it did not end within ${limitMs} ms${waitsFor(managed.open())}`
    else if (managed.open().length > 0 && failuresOf(log).length === 0)
      log.mistake(`it ended without awaiting ${managed.open().join(', ')}`)
    else if (failuresOf(log).length === 0) {
      const idle = planned.needs.filter((need) => !FACTS.has(need) && !managed.used.has(need))
      if (idle.length > 0) log.mistake(`it needs ${idle.join(', ')} and never used it`)
    }
  } catch (error) {
    if (isRefusal(error)) log.refuse(planned.requirements[0], describeError(error))
    else if (!(error instanceof CaseEnded)) trouble = describeError(error)
  }
  log.seal()
  try {
    compareQuietly(subject, instance.store, run)
    if ((await within(managed.clean(), patience.awaitMs)) === LATE)
      trouble ??= 'it could not be cleaned up in time'
  } catch (error) {
    trouble ??= `it could not be cleaned up: ${describeError(error)}`
  }
  return { trouble, kept: managed.kept }
}

/** An answer that the store gave deliberately, and that the case had no reason to expect. */
function isRefusal(error: unknown): boolean {
  if (!isStoreError(error)) return false
  if (isStoreError(error, 'UNAVAILABLE')) return error.details.reason === 'closed'
  return error.code !== 'TIMEOUT' && error.code !== 'NOT_READY'
}

function compareQuietly(subject: Subject, store: UserEngineStore, run: CaseRun): void {
  try {
    subject.compareCapabilities(store, 'during a case')
  } catch (error) {
    if (!(error instanceof KitError)) throw error
    run.onProblem(`${run.planned.case.id}: ${error.message}`)
  }
}

async function destroy({ subject, planned, onProblem }: CaseRun, instance: Instance): Promise<boolean> {
  try {
    await subject.destroy(instance)
    return true
  } catch (error) {
    onProblem(`${planned.case.id}: ${describeError(error)}`)
    return false
  }
}

function failuresOf({ observations }: ObservationLog): Failure[] {
  const failures = new Map<RequirementId, Failure>()
  for (const { requirement, held, text } of observations) {
    if (!held && !failures.has(requirement)) failures.set(requirement, { requirement, observation: text })
  }
  return [...failures.values()]
}

function missingPrecondition(
  planned: PlannedCase,
  log: ObservationLog,
): { readonly name: string; readonly held: boolean | null } | null {
  const states = (planned.case.preconditions ?? []).map((name) => ({
    name,
    held: log.preconditions.get(name) ?? null,
  }))
  return states.find(({ held }) => held === false) ?? states.find(({ held }) => held === null) ?? null
}

function waitsFor(open: readonly string[]): string {
  return open.length === 0 ? '' : `, waiting for ${open.join(', ')}`
}

/** Errors that a store throws into the void: they would end the process of whoever uses it. */
function catchStray(): { release(): string[] } {
  const found: string[] = []
  const note = (error: unknown) => void found.push(describeError(error))
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  return {
    release() {
      process.off('unhandledRejection', note)
      process.off('uncaughtException', note)
      return found
    },
  }
}
