import { z } from 'zod'

import type { CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { findAnomalies, isLegal, ISOLATIONS, type AnomalyKind } from './anomalies.ts'
import { holdCourt, type Evidence } from './evidence.ts'
import { historySchema, settle, type History } from './history.ts'

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

/** What no transaction of a case may have seen or done, whatever order explains it. */
export interface Rule {
  readonly requirement: RequirementId
  /** In words; null where it is kept. */
  find(history: History): string | null
  readonly right: string
}

const noted = z.strictObject({ isolation: z.enum(ISOLATIONS), history: historySchema })

/** Looks through the history of a case for what no order of its transactions explains, and for what breaks its own rule. */
export function judgeHistories(first: RequirementId, rule?: Omit<Rule, 'requirement'>) {
  const evidence: Evidence<z.infer<typeof noted>> = {
    schema: noted,
    findings({ isolation, history }) {
      const anomalies = findAnomalies(history).filter((one) => !isLegal(one, isolation))
      return [
        ...(rule === undefined
          ? []
          : [{ requirement: first, wrong: rule.find(settle(history)), right: rule.right }]),
        ...(Object.entries(PROMISES) as [keyof typeof PROMISES, readonly AnomalyKind[]][]).map(
          ([requirement, kinds]) => {
            const found = anomalies.find(({ kind }) => kinds.includes(kind))
            return {
              requirement,
              wrong: found === undefined ? null : `${found.kind}: ${found.proof}`,
              right: kinds.map((kind) => `no ${kind}`).join(', '),
            }
          },
        ),
      ]
    },
    steps: ({ history }, wrong) => describe(history, wrong),
    shorten: ({ isolation, history }, wrong) => ({ isolation, history: partOf(history, wrong) }),
  }
  const { judge, recheck } = holdCourt(evidence)
  return {
    /** What the judgement of any history shows, besides the promise that a case is about first. */
    also: (Object.keys(PROMISES) as RequirementId[]).filter((id) => id !== first),
    recheck,
    judge: (ctx: CaseContext, history: History) =>
      judge(ctx, { isolation: ctx.capabilities.isolation, history }),
  }
}

/** The transactions that the proofs speak of, and of all others what they wrote there: each version has its writer still. */
function partOf(history: History, proofs: readonly string[]): History {
  const named = new Set(proofs.join(' ').match(/T\d+/g))
  const records = new Set(
    history.flatMap(({ name, steps }) => (named.has(name) ? steps.map(({ record }) => record) : [])),
  )
  return history.flatMap((one) => {
    if (named.has(one.name)) return [one]
    const steps = one.steps.filter((step) => step.do === 'write' && records.has(step.record))
    return steps.length === 0 || one.outcome === 'undone' ? [] : [{ ...one, steps }]
  })
}

/** The transactions that a proof speaks of, a line each: what they did to which version of which record, and whose it was. */
function describe(history: History, proof: string): readonly string[] {
  const named = new Set(proof.match(/T\d+/g))
  return history
    .filter(({ name }) => named.has(name))
    .map(({ name, began, ended, outcome, steps }) => {
      const acts = steps.map((step) => {
        const by = step.do === 'write' || step.by === null ? '' : ` of ${step.by}`
        const says = step.says === null ? '' : ` (${step.says})`
        return `${step.do} ${step.record} version ${step.version}${by}${says}`
      })
      return `${name}, ${outcome}, from ${began} to ${ended}: ${acts.join(', ')}`
    })
}
