/** The engine that answers: Postgres, or Postgres with Citus, which spreads the tenants over several servers. */
export type Dialect = 'postgres' | 'citus'

/**
 * All in which the two differ. The schema and every other statement are the same for both, and both forms do the same on
 * plain Postgres.
 */
export interface DialectForms {
  /** To bind a scope, the session is first told to forward it to the servers that hold the rows. */
  readonly forwardsScope: boolean
  /** Each lock of a commit is a statement: one that locks rows is for one server. */
  readonly expectsApart: boolean
  /** What several commit at the same time may be one transaction: on several servers each would take part in it. */
  readonly sharesCommits: boolean
  /** What several ask at the same moment in one scope may be one statement: several servers may have no plan for it. */
  readonly asksTogether: boolean
  /** A claim is a statement for each tenant that has work: row locks do not reach over tenants. */
  readonly claimsByScope: boolean
  /** An acknowledgement may write what it has deleted elsewhere, for an operator who keeps delivered events. */
  readonly keepsDelivered: boolean
}

export const DIALECTS: Readonly<Record<Dialect, DialectForms>> = {
  postgres: {
    forwardsScope: false,
    expectsApart: false,
    sharesCommits: true,
    asksTogether: true,
    claimsByScope: false,
    keepsDelivered: true,
  },
  citus: {
    forwardsScope: true,
    expectsApart: true,
    sharesCommits: false,
    asksTogether: false,
    claimsByScope: true,
    keepsDelivered: false,
  },
}
