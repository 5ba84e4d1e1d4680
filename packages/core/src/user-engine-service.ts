import type { DiagnosticsReport, ReadinessReport, SchemaVersionReport } from '@user-engine/store'

import type { AccountCommands, AccountQueries } from './accounts.ts'
import type { ApplicationBindingCommands, ApplicationBindingQueries } from './application-bindings.ts'
import type { ApplicationCommands, ApplicationQueries } from './applications.ts'
import type { AttributeCatalogCommands, AttributeCatalogQueries } from './attribute-catalogs.ts'
import type { AuditQueries } from './audit.ts'
import type { AuthorizationRequest } from './authorization.ts'
import type { Context } from './context.ts'
import type { DiagnosticsQueries } from './diagnostics.ts'
import type { ExternalIdentityCommands, ExternalIdentityQueries } from './external-identities.ts'
import type { GroupCommands, GroupQueries } from './groups.ts'
import type { MembershipCommands, MembershipQueries } from './memberships.ts'
import type { ImportOperations } from './import-users.ts'
import type { DrainOptions, DrainReport } from './drain.ts'
import type { OutboxQueries } from './outbox.ts'
import type { ProfileValueCommands, ProfileValueQueries } from './profile-values.ts'
import type { SignInOperations } from './resolve-or-provision.ts'
import type { TenantAccountCommands, TenantAccountQueries } from './tenant-accounts.ts'
import type { TenantCommands, TenantQueries } from './tenants.ts'
import type { UserCommands, UserQueries } from './users.ts'

/** What changes something. Each command commits its change, its audit record, its events and its idempotency record as one. */
export interface Commands
  extends
    TenantCommands,
    UserCommands,
    AccountCommands,
    ExternalIdentityCommands,
    TenantAccountCommands,
    GroupCommands,
    MembershipCommands,
    ApplicationCommands,
    ApplicationBindingCommands,
    AttributeCatalogCommands,
    ProfileValueCommands {}

/** What only reads. */
export interface Queries
  extends
    TenantQueries,
    UserQueries,
    AccountQueries,
    ExternalIdentityQueries,
    TenantAccountQueries,
    GroupQueries,
    MembershipQueries,
    ApplicationQueries,
    ApplicationBindingQueries,
    AttributeCatalogQueries,
    ProfileValueQueries,
    AuditQueries,
    OutboxQueries,
    DiagnosticsQueries {}

/** Operations inside a composition: all of them commit together. */
export interface UnitOfWork extends Commands, Queries, SignInOperations {
  /** Undoes exactly its own part when `work` fails; the composition may catch that and go on. */
  nested<Result>(work: (unit: UnitOfWork) => Promise<Result>): Promise<Result>
}

/** The operations of one actor, in one tenant or in none. */
export interface Session extends Commands, Queries, SignInOperations, ImportOperations {
  /**
   * Composes operations into one unit of work. `work` may be run again when it collides with another transaction, so it
   * should have no effects of its own. A denial inside of it stays recorded whatever becomes of the rest.
   */
  transaction<Result>(
    work: (unit: UnitOfWork) => Promise<Result>,
    options?: { readonly authorize?: readonly Pick<AuthorizationRequest, 'action' | 'target'>[] },
  ): Promise<Result>
}

/** The engine, as an application holds it. Made by `createUserEngine`. */
export interface UserEngineService {
  /** The one way in: who acts, and in which tenant, is never part of an operation's input. */
  as(context: Context): Session
  /** Hands pending events to `publish`, in order for each record, until none is left or `signal` aborts. */
  drainOutbox(options: DrainOptions): Promise<DrainReport>
  /** Makes dead letters deliverable again; answers how many there were. */
  redriveEvents(eventIds: readonly string[]): Promise<number>
  readiness(): Promise<ReadinessReport>
  schemaVersion(): Promise<SchemaVersionReport>
  /**
   * How far the store has come: queries with this as their context's `readAfter` see all that was committed before the
   * call. An opaque text for the caller's session on the server: two of them can tell how much all tenants wrote in
   * between, so that a cookie has it encrypted only.
   */
  position(): Promise<string>
  diagnostics(): Promise<DiagnosticsReport>
  close(): Promise<void>
}
