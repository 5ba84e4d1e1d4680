import type { Endpoint, Handoff, Lease, Purpose } from './handoff.ts'

/** One connection with the server, or with the pooler in front of it. What it answers is typed by who asks. */
export interface Connection {
  /** Rejects with a ProviderError. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** The same as a statement that is prepared under a name, and run by it from then on. */
  prepared<Row extends object>(name: string, text: string): Promise<readonly Row[]>
  end(): Promise<void>
}

export interface ConnectOptions {
  /** Instead of the credentials that were asked for last. */
  readonly lease?: Lease
}

/** A copy of the database as it is after a restore, and the way to be rid of it. */
export interface Restored {
  readonly handoff: Handoff
  readonly dispose?: () => Promise<void>
}

/** What a provider can do for a proof, beyond what its handoff says. */
export interface ProviderPowers {
  /**
   * Brings the schema of the release into the database, by the migrator's login. Called once; what was migrated before it
   * stays as it is. Without it nothing can be said of rights and row security.
   */
  migrate?(): Promise<unknown>
  /** Ends a lease before its time, as whoever gives them would. Nobody gets in with it afterwards. */
  revoke?(lease: Lease): Promise<unknown>
  /** Restores the last backup beside the database, by the steps of the runbook, up to where the relay would be started. */
  restore?(): Promise<Restored>
}

/** Who provides Postgres, as the kit sees it. */
export interface Provider extends ProviderPowers {
  readonly handoff: Handoff
  /** How many processes of the application will connect. */
  readonly processes: number
  /** The clock of the machine that the application runs on, in milliseconds. */
  now(): number
  connect(purpose: Purpose, options?: ConnectOptions, handoff?: Handoff): Promise<Connection>
  /** Asks for a lease, as an application would; null where the login has none. */
  lend(purpose: Purpose): Promise<Lease | null>
  /** What the server answers to a client that wants no encryption. No password is sent. */
  greetPlainly(endpoint: Endpoint): Promise<'refused' | 'asked for credentials'>
}

/** A connection could not be had, or a statement was refused. It carries a code alone: the server's words quote values. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  /** An SQLSTATE, a code of the system or of TLS, one of this kit (NO_TLS, TIMEOUT, LOST), or which function of the provider failed. */
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}
