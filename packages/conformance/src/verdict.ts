import type { Requirement } from './catalogue/requirement.ts'

/** What became of a case, the worst first. */
export const CASE_VERDICTS = [
  /** It broke where nothing was to be judged: an unexpected error, a hang, a failed clean-up. */
  'error',
  /** An observation contradicts a requirement. */
  'fail',
  /** It is listed as a known deviation, and it passes. */
  'unexpectedPass',
  /** It ended without an observation for one of its requirements, or without one of its preconditions. */
  'vacuous',
  /** It failed, and passed when it was run again. */
  'flaky',
  /** It was planned, and never started or never judged. */
  'notRun',
  /** Left out by whoever started the run. */
  'filtered',
  /** It needs a capability that is not declared or a power that the target lacks. */
  'unsupported',
  'pass',
] as const

export type CaseVerdict = (typeof CASE_VERDICTS)[number]

/** What is known of a requirement: the worst of its cases, or `unverified` where none of them was run to an end. */
export type RequirementVerdict = CaseVerdict | 'unverified'

/** The worst wins: a pass never hides what stands beside it. `notRun` for nothing at all. */
export function worst(verdicts: readonly CaseVerdict[]): CaseVerdict {
  return CASE_VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? 'notRun'
}

const NOT_JUDGED: readonly CaseVerdict[] = ['unsupported', 'filtered']
const SOUND: readonly CaseVerdict[] = ['pass', ...NOT_JUDGED]

/** A requirement that only skipped cases speak of is not known to hold; one that some skipped are left out of is not whole. */
export function judgeRequirement(verdicts: readonly CaseVerdict[]): RequirementVerdict {
  if (verdicts.some((verdict) => !NOT_JUDGED.includes(verdict))) return worst(verdicts)
  return verdicts.includes('filtered') ? 'filtered' : 'unverified'
}

/** Whether a requirement decides the verdict of a run. */
export function decides({ level, status }: Pick<Requirement, 'level' | 'status'>): boolean {
  return level === 'MUST' && status === 'stable'
}

/** Whether it was left out by whoever started the run. */
export function isFiltered({ verdict }: { readonly verdict: CaseVerdict }): boolean {
  return verdict === 'filtered'
}

/** Whether it speaks against the store, the target or the kit. */
export function isRed({ verdict }: { readonly verdict: CaseVerdict }): boolean {
  return !SOUND.includes(verdict)
}

export type RunVerdict = 'conformant' | 'not conformant' | 'partial' | 'invalid'

export const EXIT_CODES: Readonly<Record<RunVerdict, number>> = {
  conformant: 0,
  'not conformant': 1,
  partial: 2,
  invalid: 3,
}

/**
 * The verdict of a run. `problems` are what makes it worthless, whatever its cases say. A filtered run that has found
 * something is not conformant; one that has not is partial, never conformant.
 */
export function judgeRun(
  deciding: readonly CaseVerdict[],
  filtered: boolean,
  problems: readonly string[],
): RunVerdict {
  if (problems.length > 0) return 'invalid'
  if (deciding.some((verdict) => !SOUND.includes(verdict))) return 'not conformant'
  return filtered ? 'partial' : 'conformant'
}
