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
  /** From 0 to 1, as the seed decides. */
  random(): number
  /** The sizes that take long. */
  readonly large: boolean
  progress(line: string): void
}

export interface Suite {
  readonly title: string
  /** What is compared, and what of it is not equal. */
  readonly about: string
  /** Of the time that there is, against the shares of the others. */
  readonly share: number
  run(bench: Bench): Promise<SuiteResult>
}
