/**
 * The seven named here are the checks that every store makes (UE-READINESS-003); `outbox.dead_letters` warns of each
 * (UE-READINESS-005). `isolation.enforced` looks at what `capabilities.tenantIsolation` names, and passes where that is the
 * adapter's predicate alone. An adapter adds its own checks under its name, e.g. `postgres.role_bypasses_isolation`.
 */
export type ReadinessCode =
  | 'store.reachable'
  | 'store.writable'
  | 'schema.version'
  | 'isolation.enforced'
  | 'denials.writable'
  | 'outbox.dead_letters'
  | 'outbox.lag'
  | `${string}.${string}`

export interface ReadinessCheck {
  readonly code: ReadinessCode
  /** `warn` degrades, `fail` means that the store must not be used. */
  readonly status: 'pass' | 'warn' | 'fail'
  /**
   * Counts, versions and names of the store's own objects; nothing from a record or a credential (UE-READINESS-004).
   */
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

/** `ready` where all checks pass, `not_ready` where one fails, `degraded` otherwise (UE-READINESS-003). */
export interface ReadinessReport {
  readonly status: 'ready' | 'degraded' | 'not_ready'
  readonly checks: readonly ReadinessCheck[]
}

/** Derives the status that a report must have. */
export function readinessReport(checks: readonly ReadinessCheck[]): ReadinessReport {
  const has = (status: ReadinessCheck['status']) => checks.some((check) => check.status === status)
  return { status: has('fail') ? 'not_ready' : has('warn') ? 'degraded' : 'ready', checks }
}
