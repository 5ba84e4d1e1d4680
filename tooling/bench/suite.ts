import type { Pace, RaceResult } from './race.ts'
import type { BenchServer } from './server.ts'

/** What a table of the report shows besides races: names and figures. */
export interface Facts {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface SuiteResult {
  readonly races: readonly RaceResult[]
  readonly facts: readonly Facts[]
  /** What was asked for and not measured, with the reason. */
  readonly notMeasured: readonly string[]
}

export interface Bench {
  readonly server: BenchServer
  readonly pace: Pace
  /** The sizes that take long: two million users, a million imported. */
  readonly large: boolean
  progress(line: string): void
}

export interface Suite {
  readonly title: string
  /** What is compared, and what of it is not equal. */
  readonly about: string
  run(bench: Bench): Promise<SuiteResult>
}
