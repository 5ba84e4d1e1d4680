import type { Report } from '../report.ts'

const SLOWEST = 5

export interface Times {
  readonly totalMs: number
  /** What the target took to open and to destroy its instances, and what the cases took in between. */
  readonly openMs: number
  readonly caseMs: number
  readonly destroyMs: number
  readonly slowest: readonly { readonly id: string; readonly durationMs: number }[]
}

/** Where the time went. */
export function timesOf({ durationMs, cases }: Report): Times {
  const sum = (of: (one: Report['cases'][number]) => number) =>
    cases.reduce((total, one) => total + of(one), 0)
  const openMs = sum((one) => one.openMs)
  const destroyMs = sum((one) => one.destroyMs)
  return {
    totalMs: durationMs,
    openMs,
    caseMs: sum((one) => one.durationMs) - openMs - destroyMs,
    destroyMs,
    slowest: cases
      .filter((one) => one.durationMs > 0)
      .toSorted((one, other) => other.durationMs - one.durationMs)
      .slice(0, SLOWEST),
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
