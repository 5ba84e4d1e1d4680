/**
 * How the stored schema relates to the one that this release was written for, read from the store, not from the code
 * (UE-SCHEMA-001).
 */
export interface SchemaVersionReport {
  /** The newest migration that is applied; 0 for an empty store. */
  readonly current: number
  /** This release works on every schema from `min` to `max`. */
  readonly supported: { readonly min: number; readonly max: number }
  /**
   * `behind`: migrate before use (UE-SCHEMA-002). `ahead`: a newer release migrated; `breaking` where this one must not
   * run on it (UE-SCHEMA-003). `tampered`: an applied migration is not the one that was released, or one is missing in
   * between (UE-SCHEMA-004).
   */
  readonly state: 'current' | 'compatible' | 'behind' | 'ahead' | 'breaking' | 'tampered'
  /** Names of migrations that are known here and not applied there. */
  readonly pending: readonly string[]
}
