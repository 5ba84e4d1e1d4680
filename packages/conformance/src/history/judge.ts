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
  for (const [id, kinds] of Object.entries(PROMISES) as [keyof typeof PROMISES, readonly AnomalyKind[]][]) {
    const found = anomalies.find((one) => kinds.includes(one.kind) && !isLegal(one, isolation))
    const none = kinds.map((kind) => `no ${kind}`).join(', ')
    ctx.must(id, found === undefined, found === undefined ? none : `${found.kind}: ${found.proof}`)
  }
  return anomalies.filter((one) => isLegal(one, isolation)).map(({ kind }) => kind)
}
