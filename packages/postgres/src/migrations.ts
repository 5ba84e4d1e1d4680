export { MIGRATIONS } from './generated/migrations.ts'

/** One step of the schema, as it was released: it never changes afterwards, and nothing leads back. */
export interface Migration {
  readonly id: number
  readonly name: string
  /** True: a release that doesn't know it must not run on the schema that it makes. */
  readonly breaking: boolean
  /** The newest migration that a release has to know at least to run on the schema that it makes. */
  readonly minReader: number
  /** The index that it builds beside running commands, as its only statement; null where it is one transaction. */
  readonly online: string | null
  /** Of `sql`, role names as they are here. */
  readonly sha256: string
  readonly sql: string
}

/** The oldest schema that this release runs on. */
export const MIN_SCHEMA = 1
