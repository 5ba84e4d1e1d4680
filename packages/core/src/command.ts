import {
  DIRECTORY,
  type ApplicationId,
  type AttributeOwnerId,
  type JsonObject,
  type RecordKind,
  type RecordState,
  type RecordVersion,
  type ScopeId,
  type StoreTransaction,
  type Target,
  type Tenant,
  type TenantId,
  type VersionedRecord,
} from '@user-engine/store'
import { z } from 'zod'

import type { Audience } from './attribute-definitions.ts'
import type { CompiledCatalogs } from './compiled-catalogs.ts'
import type { ParsedContext } from './context.ts'
import { UserEngineError } from './errors.ts'
import { commandFields, versionFields } from './input.ts'

/** A record before and after, and the event that tells of it. */
export interface Change {
  readonly kind: RecordKind
  readonly before: VersionedRecord | null
  readonly after: VersionedRecord
  readonly fields: readonly string[]
  readonly event: string
  /** States and ids; never a subject, an external id or another personal value. */
  readonly data: JsonObject
}

/**
 * A record that the decision rested on and that is not written: when the commit happens, it must still be the same, or in a
 * state that allows it.
 */
export type Guard =
  | { readonly kind: RecordKind; readonly record: RecordVersion<VersionedRecord> }
  | { readonly kind: RecordKind; readonly inState: RecordState<VersionedRecord> }

/** A record of which nothing counts but that it is there and in what state: it was read, or is supposed (ADR 18). */
export type Seen<Record extends VersionedRecord> = Pick<Record, 'id' | 'state'>

export interface Decision<Result> {
  readonly changes: readonly Change[]
  readonly guards: readonly Guard[]
  /** Ids and versions only: it is kept to answer the same when the same is asked again. */
  readonly result: Result
}

export interface Ref {
  readonly id: string
  readonly version: number
}

/** What a decision may use besides the records: the clock and fresh ids. */
export interface Facts {
  readonly action: string
  readonly tenantId: TenantId | null
  readonly audience: Audience
  readonly now: Date
  readonly newId: () => string
}

/** What a command may decide on besides what it reads by itself. */
export interface Known {
  readonly catalogs: CompiledCatalogs
  /** The context's tenant, of a command that `guardsTenant`; null where there is none. */
  tenant(): Promise<Seen<Tenant> | null>
}

/**
 * One command as data: what it accepts, what it is about, what it reads (all reads start at once, so that they travel as
 * one) and, from that alone, what it decides.
 */
export interface Command<Schema extends z.ZodType, Loaded, Result> {
  readonly action: string
  readonly schema: Schema
  /**
   * `tenant`: works on the context's tenant alone. `directory`: on the directory, with the tenant beside it. `context`: on the
   * tenant where there is one, else on the directory.
   */
  readonly scope: 'tenant' | 'directory' | 'context'
  /** Where its audit record lives; `context` is the tenant where there is one. */
  readonly home: 'tenant' | 'directory' | 'context'
  /** Its decision guards the state of the context's tenant, where there is one: the first run supposes that it is active. */
  readonly guardsTenant?: true
  readonly target: (input: z.output<Schema>) => Target
  readonly load: (
    tx: StoreTransaction,
    input: z.output<Schema>,
    context: ParsedContext,
    known: Known,
  ) => Promise<Loaded>
  readonly decide: (loaded: Loaded, input: z.output<Schema>, facts: Facts) => Decision<Result>
  /**
   * What the first run decides on instead of reading anything, where no version is expected: that all it needs is there, in the
   * right state, which its guards make sure of, and that what it makes is new. Where that is not so the commit is refused, and
   * the next run reads (ADR 18).
   */
  readonly suppose?: (input: z.output<Schema>, tenant: Seen<Tenant> | null) => Loaded
}

/** Of a command that decides on what it is given alone. */
export const onNothing = { load: async () => null, suppose: () => null }

/** Of a command that decides on the context's tenant alone. */
export const onTenant = {
  guardsTenant: true,
  load: async (_tx: StoreTransaction, _input: unknown, _context: ParsedContext, known: Known) =>
    known.tenant(),
  suppose: (_input: unknown, tenant: Seen<Tenant> | null) => tenant,
} as const

/** A command whose types only its own declaration knows: the machinery passes input and records through. */
export interface AnyCommand extends Pick<
  Command<z.ZodType, unknown, unknown>,
  'action' | 'schema' | 'scope' | 'home' | 'guardsTenant'
> {
  readonly target: (input: never) => Target
  readonly load: (
    tx: StoreTransaction,
    input: never,
    context: ParsedContext,
    known: Known,
  ) => Promise<unknown>
  readonly decide: (loaded: never, input: never, facts: Facts) => Decision<unknown>
  readonly suppose?: (input: never, tenant: Seen<Tenant> | null) => unknown
}

export interface CommandInput {
  readonly expectedVersion?: number | undefined
  readonly idempotencyKey?: string | undefined
}

type CreationSchema<Shape extends z.ZodRawShape> = z.ZodObject<Shape & typeof commandFields, z.core.$strict>
export type CommandSchema<Shape extends z.ZodRawShape> = CreationSchema<Shape & typeof versionFields>

/** A command that changes a record: its input has the version that the caller expects, where it expects one. */
export function defineCommand<Shape extends z.ZodRawShape, Loaded, Result>(
  shape: Shape,
  command: Omit<Command<CommandSchema<Shape>, Loaded, Result>, 'schema'>,
): Command<CommandSchema<Shape>, Loaded, Result> {
  return { ...command, schema: z.strictObject({ ...shape, ...versionFields, ...commandFields }) }
}

/** A command that only makes records: there is no version to expect. */
export function defineCreation<Shape extends z.ZodRawShape, Loaded, Result>(
  shape: Shape,
  command: Omit<Command<CreationSchema<Shape>, Loaded, Result>, 'schema'>,
): Command<CreationSchema<Shape>, Loaded, Result> {
  return { ...command, schema: z.strictObject({ ...shape, ...commandFields }) }
}

/** One query as data. */
export interface Query<Schema extends z.ZodType, Result> {
  readonly action: string
  readonly schema: Schema
  readonly scope: 'tenant' | 'directory' | 'context'
  readonly target: (input: z.output<Schema>, context: ParsedContext) => Target
  readonly read: (
    tx: StoreTransaction,
    input: z.output<Schema>,
    context: ParsedContext,
    compiled: CompiledCatalogs,
  ) => Promise<Result>
}

export interface AnyQuery extends Pick<Query<z.ZodType, unknown>, 'action' | 'schema' | 'scope'> {
  readonly target: (input: never, context: ParsedContext) => Target
  readonly read: (
    tx: StoreTransaction,
    input: never,
    context: ParsedContext,
    compiled: CompiledCatalogs,
  ) => Promise<unknown>
}

export function defineQuery<Shape extends z.ZodRawShape, Result>(
  shape: Shape,
  query: Omit<Query<z.ZodObject<Shape, z.core.$strict>, Result>, 'schema'>,
): Query<z.ZodObject<Shape, z.core.$strict>, Result> {
  return { ...query, schema: z.strictObject(shape) }
}

/** The operations of a table of commands or queries, as a caller sees them. */
export type Operations<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Command<infer Schema, infer _, infer Result>
    ? (input: z.input<Schema>) => Promise<Result>
    : Table[Name] extends Query<infer Schema, infer Result>
      ? (...input: QueryInput<z.input<Schema>>) => Promise<Result>
      : never
}

/** A query that needs nothing may be asked without an input. */
type QueryInput<Input> = Record<never, never> extends Input ? [input?: Input] : [input: Input]

export function ref(record: VersionedRecord): Ref {
  return { id: record.id, version: record.version }
}

/** What every new record starts with. */
export function birth(facts: Facts) {
  return { version: 1, createdAt: facts.now, updatedAt: facts.now } as const
}

const BASE: ReadonlySet<string> = new Set(['scopeId', 'id', 'version', 'createdAt', 'updatedAt'])

export function created(kind: RecordKind, after: VersionedRecord, event: string, data: JsonObject): Change {
  const fields = Object.keys(after).filter((field) => !BASE.has(field))
  return { kind, before: null, after, fields, event, data }
}

/** The next version of a record. VERSION_CONFLICT where the caller expected another one. */
export function updated<Record extends VersionedRecord>(
  kind: RecordKind,
  before: Record,
  patch: Partial<Record>,
  facts: Facts,
  event: string,
  data: JsonObject,
): Change {
  const after = { ...before, ...patch, version: before.version + 1, updatedAt: facts.now }
  return { kind, before, after, fields: Object.keys(patch), event, data }
}

/** The record, or NOT_FOUND: absent and foreign are the same. */
export function required<Record>(record: Record | null, kind: RecordKind): Record {
  if (record === null) throw new UserEngineError('NOT_FOUND', { kind })
  return record
}

/** A record of the context's tenant, or of the directory where there is none. NOT_FOUND: seen, perhaps, but not owned. */
export function ownRecord<Record extends VersionedRecord>(
  record: Record | null,
  kind: RecordKind,
  { tenantId }: Pick<Facts, 'tenantId'>,
): Record {
  const found = required(record, kind)
  return required(found.scopeId === scopeIdOf('context', tenantId) ? found : null, kind)
}

/** Whose attributes make up a profile. */
export function ownersOf(tenantId: TenantId | null, applicationId: ApplicationId | null): AttributeOwnerId[] {
  return [DIRECTORY, tenantId, applicationId].filter((owner) => owner !== null)
}

/** A record that is not there has no version that could be expected. */
export function expectVersion(
  record: { readonly version?: number } | null,
  kind: RecordKind,
  input: CommandInput,
): void {
  if (input.expectedVersion !== undefined && input.expectedVersion !== record?.version) {
    throw new UserEngineError('VERSION_CONFLICT', { kind })
  }
}

/** A rule of another record: it must be in this state for the action to make sense. */
export function expectState(
  record: { readonly state: string },
  kind: RecordKind,
  allowed: readonly string[],
  action: string,
): void {
  if (!allowed.includes(record.state)) {
    throw new UserEngineError('INVALID_STATE', { kind, state: record.state, action })
  }
}

/** The same, and the guard that it stays so. */
export function inState<Record extends VersionedRecord>(
  record: Seen<Record>,
  kind: RecordKind,
  scopeId: ScopeId,
  states: readonly Record['state'][],
  { action }: Facts,
): Guard {
  expectState(record, kind, states, action)
  return { kind, inState: { scopeId, id: record.id, states } }
}

/** That the tenant is active, and stays so. */
export function activeTenant(tenant: Seen<Tenant>, facts: Facts): Guard {
  return inState<Tenant>(tenant, 'tenant', DIRECTORY, ['active'], facts)
}

export function scopeIdOf(home: 'tenant' | 'directory' | 'context', tenantId: TenantId | null) {
  return home === 'directory' ? DIRECTORY : (tenantId ?? DIRECTORY)
}
