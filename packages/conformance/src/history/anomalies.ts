import type { StoreCapabilities } from '@user-engine/store'

import { describeCycle, shortestCycle } from './cycle.ts'
import { dependenciesOf, type Dependency } from './dependencies.ts'
import { settle, type History, type Step, type Transaction } from './history.ts'

/** What no order of the transactions explains, by the names of Adya, and of Hermitage where those are better known. */
export type AnomalyKind =
  | 'made-up read'
  | 'aborted read'
  | 'intermediate read'
  | 'stale read'
  | 'stale guard'
  | 'lost update'
  | 'dirty write'
  | 'circular information flow'
  | 'read skew'
  | 'write skew'
  | 'guarded read skew'
  | 'guarded write skew'

export interface Anomaly {
  readonly kind: AnomalyKind
  /** The shortest proof, in words. */
  readonly proof: string
}

export const ISOLATIONS = [
  'read-committed',
  'snapshot',
  'serializable',
] as const satisfies readonly StoreCapabilities['isolation'][]
type Isolation = (typeof ISOLATIONS)[number]

/** What is legal where the store declares no more than that. Nothing that was guarded or replaced is legal anywhere. */
const LEGAL: Readonly<Record<Isolation, readonly AnomalyKind[]>> = {
  'read-committed': ['read skew', 'write skew'],
  snapshot: ['write skew'],
  serializable: [],
}

export function isLegal({ kind }: Anomaly, isolation: Isolation): boolean {
  return LEGAL[isolation].includes(kind)
}

/** What is wrong with a history: of each kind the first, by its shortest proof. */
export function findAnomalies(history: History): readonly Anomaly[] {
  const settled = settle(history)
  return [...wrongReads(settled), ...wrongWrites(settled), ...cycles(settled)]
}

function wrongReads(history: History): readonly Anomaly[] {
  const found = new Map<AnomalyKind, Anomaly>()
  const add = (kind: AnomalyKind, proof: string) => {
    if (!found.has(kind)) found.set(kind, { kind, proof })
  }
  for (const one of history) {
    for (const step of one.steps) {
      if (step.do === 'write' || step.by === one.name) continue
      const what = `${one.name} read version ${step.version} of ${step.record}`
      const writer = history.find(({ name }) => name === step.by)
      const written =
        writer?.steps.filter((other) => other.do === 'write' && other.record === step.record) ?? []
      if (step.by !== null && !written.some(({ version }) => version === step.version))
        add('made-up read', `${what} by ${step.by}, which never wrote it`)
      else if (writer?.outcome === 'undone')
        add('aborted read', `${what} by ${writer.name}, which was undone`)
      else if (written.some(({ version }) => version > step.version))
        add('intermediate read', `${what}, which ${writer?.name} replaced before it ended`)
      const guarded = step.do === 'guard' && one.outcome === 'committed' && one.done !== null
      const late = guarded ? newerBefore(history, one.done, step) : undefined
      if (late !== undefined)
        add(
          'stale guard',
          `${one.name} was committed with a guard of version ${step.version} of ${step.record}, although ${late.name} had replaced it, and ended, before ${one.name} came to commit`,
        )
      const newer = newerBefore(history, one.began, step)
      if (newer !== undefined)
        add(
          'stale read',
          `${what}, although ${newer.name} had replaced it, and ended, before ${one.name} began`,
        )
    }
  }
  return [...found.values()]
}

/** Who had replaced what the step is about by then. */
function newerBefore(history: History, time: number, step: Step): Transaction | undefined {
  return history.find(
    (one) =>
      one.outcome === 'committed' &&
      one.ended < time &&
      one.steps.some(
        (other) => other.do === 'write' && other.record === step.record && other.version > step.version,
      ),
  )
}

function wrongWrites(history: History): readonly Anomaly[] {
  const writers = new Map<string, Transaction>()
  const committed = history.filter(({ outcome }) => outcome === 'committed')
  for (const one of committed) {
    for (const { record, version, ...step } of one.steps) {
      if (step.do !== 'write') continue
      const other = writers.get(`${record} ${version}`)
      if (other !== undefined && other !== one) {
        const proof = `${other.name} and ${one.name} have both written version ${version} of ${record}, and both were committed`
        return [{ kind: 'lost update', proof }]
      }
      writers.set(`${record} ${version}`, one)
    }
  }
  for (const one of committed) {
    for (const { record, version, ...step } of one.steps) {
      if (step.do !== 'write' || version === 1 || writers.has(`${record} ${version - 1}`)) continue
      const proof = `${one.name} replaced version ${version - 1} of ${record}, which nobody has committed`
      return [{ kind: 'dirty write', proof }]
    }
  }
  return []
}

const isWrite = ({ kind }: Dependency) => kind === 'write'
const isFlow = ({ kind }: Dependency) => kind === 'write' || kind === 'read'
const isHeld = ({ kind, held }: Dependency) => kind === 'overwrite' && held
const isOverwrite = ({ kind }: Dependency) => kind === 'overwrite'
const isTime = ({ kind }: Dependency) => kind === 'time'
/** What also agrees with the time at which commits were made. */
const isOrder = (one: Dependency) => isFlow(one) || isTime(one)

function cycles(history: History): readonly Anomaly[] {
  const all = dependenciesOf(history)
  const found: Anomaly[] = []
  const look = (
    kind: AnomalyKind,
    first: (one: Dependency) => boolean,
    rest: (one: Dependency) => boolean,
  ): boolean => {
    const cycle = shortestCycle(all, first, rest)
    if (cycle !== null) found.push({ kind, proof: describeCycle(cycle) })
    return cycle !== null
  }
  look('dirty write', isWrite, isWrite)
  look('circular information flow', (one) => one.kind === 'read', isOrder)
  // A read skew is a write skew as well, and the better proof.
  const overHeld = (one: Dependency) => isOrder(one) || isHeld(one)
  if (!look('guarded read skew', isHeld, isOrder)) look('guarded write skew', isHeld, overHeld)
  const isUnheld = (one: Dependency) => isOverwrite(one) && !isHeld(one)
  const overAny = (one: Dependency) => isFlow(one) || isOverwrite(one)
  if (!look('read skew', isUnheld, isFlow)) look('write skew', isUnheld, overAny)
  return found
}
