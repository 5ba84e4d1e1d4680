import type { CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { findAnomalies, isLegal, type AnomalyKind } from './anomalies.ts'
import type { History } from './history.ts'

/** The promise that each anomaly breaks. */
const PROMISES = {
  'UE-HISTORY-001': ['guarded read skew', 'guarded write skew'],
  'UE-VERSION-002': ['lost update'],
  'UE-VERSION-003': ['stale guard'],
  'UE-TRANSACTION-010': ['stale read'],
  'UE-TRANSACTION-011': [
    'made-up read',
    'aborted read',
    'intermediate read',
    'dirty write',
    'circular information flow',
  ],
  'UE-CAPABILITY-002': ['read skew', 'write skew'],
} as const satisfies Partial<Record<RequirementId, readonly AnomalyKind[]>>

/** What the judgement of any history shows, besides the promise that a case is about first. */
export function alsoJudged(first: RequirementId): readonly RequirementId[] {
  return (Object.keys(PROMISES) as RequirementId[]).filter((id) => id !== first)
}

/** Looks through a history for what no order of its transactions explains. Answers the anomalies that the store may have. */
export function judge(ctx: CaseContext, history: History): readonly AnomalyKind[] {
  const { isolation } = ctx.capabilities
  const anomalies = findAnomalies(history)
  const illegal = anomalies.find((one) => !isLegal(one, isolation))
  // It can not be played the same way twice: a replay runs the case again, and the report has what was seen.
  if (illegal !== undefined)
    ctx.keepScript(structuredClone(history) as never, describe(history, illegal.proof))
  for (const [id, kinds] of Object.entries(PROMISES) as [keyof typeof PROMISES, readonly AnomalyKind[]][]) {
    const found = anomalies.find((one) => kinds.includes(one.kind) && !isLegal(one, isolation))
    const none = kinds.map((kind) => `no ${kind}`).join(', ')
    ctx.must(id, found === undefined, found === undefined ? none : `${found.kind}: ${found.proof}`)
  }
  return anomalies.filter((one) => isLegal(one, isolation)).map(({ kind }) => kind)
}

/** The transactions that a proof speaks of, a line each: what they did to which version of which record, and whose it was. */
function describe(history: History, proof: string): readonly string[] {
  const named = new Set(proof.match(/T\d+/g))
  return history
    .filter(({ name }) => named.has(name))
    .map(({ name, began, ended, outcome, steps }) => {
      const acts = steps.map((step) => {
        const by = step.do === 'write' || step.by === null ? '' : ` of ${step.by}`
        return `${step.do} ${step.record} version ${step.version}${by}`
      })
      return `${name}, ${outcome}, from ${began} to ${ended}: ${acts.join(', ')}`
    })
}
