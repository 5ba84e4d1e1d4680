import { setTimeout as wait } from 'node:timers/promises'

import {
  directoryScope,
  isStoreError,
  tenantScope,
  type AuditRecordId,
  type CommandId,
  type Constraint,
  type EventId,
  type IdempotencyKey,
  type IdempotencyRecord,
  type JsonObject,
  type ReplicaReads,
  type Repository,
  type Scope,
  type StoreTransaction,
  type Target,
  type Tenant,
  type UserEngineStore,
  type VersionedRecord,
} from '@user-engine/store'

import type { AuthorizationDecision } from './authorization.ts'
import {
  scopeIdOf,
  type AnyCommand,
  type AnyQuery,
  type Change,
  type CommandInput,
  type Decision,
  type Facts,
  type Seen,
} from './command.ts'
import type { CompiledCatalogs } from './compiled-catalogs.ts'
import type { ParsedContext } from './context.ts'
import type { Attempt } from './denials.ts'
import { fromStoreError, isUserEngineError, UserEngineError } from './errors.ts'
import { keyOf, replay, type RequestHashing } from './idempotency.ts'
import type { Clock, NewId } from './ids.ts'
import type { Ledger, Step } from './ledger.ts'
import type { RefusingTenants } from './refusing-tenants.ts'

/** All that the engine is made of. */
export interface Engine {
  readonly store: UserEngineStore
  readonly clock: Clock
  readonly newId: NewId
  readonly hashing: RequestHashing
  readonly catalogs: CompiledCatalogs
  /** Tenants that refused a moment ago: of these nothing is supposed, so that nobody's commit is refused for theirs. */
  readonly refusing: RefusingTenants
  readonly idempotencyTtlMs: number
  readonly attempts: number
  authorize(context: ParsedContext, action: string, target: Target): Promise<AuthorizationDecision>
  deny(
    context: ParsedContext,
    scopeId: ReturnType<typeof scopeIdOf>,
    action: string,
    target: Target,
    reason: string,
    attempt: Attempt,
  ): Promise<never>
}

/** How a transaction is run, where it is not one that writes and has read what it decides on. */
export interface Running {
  /** It only reads, and may be answered by a replica. */
  readonly reads?: ReplicaReads
  /** Its first run, with attempt 0, decides on what is supposed; it is counted among no attempts. */
  readonly supposes?: boolean
}

/** The one place that opens transactions. What collides with others is run again, a bounded number of times. */
export async function inTransaction<Result>(
  engine: Engine,
  scope: Scope,
  ledger: Ledger,
  work: (tx: StoreTransaction, attempt: number) => Promise<Result>,
  { reads, supposes = false }: Running = {},
): Promise<Result> {
  const { store } = engine
  let unknown = 0
  for (let attempt = supposes ? 0 : 1; ; attempt += 1) {
    const run = (tx: StoreTransaction) => work(tx, attempt)
    ledger.rewind()
    try {
      return await (reads === undefined
        ? store.transaction(scope, run)
        : store.transaction(scope, run, reads))
    } catch (error) {
      if (isStoreError(error, 'UNKNOWN_OUTCOME')) unknown += 1
      // What is refused is refused by what was read.
      const supposed = attempt === 0 && (isUserEngineError(error) || isConflictOf(error, SUPPOSED))
      const again = supposed || isCollision(error) || (isStoreError(error, 'UNKNOWN_OUTCOME') && unknown <= 2)
      if (!again || attempt >= engine.attempts) throw fromStoreError(error, ledger.keys())
      if (attempt > 0) await wait(Math.random() * Math.min(2 ** attempt, 100))
    }
  }
}

/** What the engine numbers and names itself: the caller has no say in these. */
const OWN_CONSTRAINTS: ReadonlySet<Constraint> = new Set([
  'idempotency_key',
  'attribute_catalog_version',
  'profile_value_attribute',
])

/** What a command supposes is not there yet, or is there. */
const SUPPOSED: ReadonlySet<Constraint> = new Set(['membership_member', 'tenant_account_user', 'reference'])

function isConflictOf(error: unknown, constraints: ReadonlySet<Constraint>): boolean {
  return isStoreError(error, 'CONFLICT') && constraints.has(error.details.constraint)
}

/** A collision says nothing of the request: what was read has changed since. Deciding again gives the true answer. */
function isCollision(error: unknown): boolean {
  return (
    isUserEngineError(error, 'CONTENTION') ||
    isStoreError(error, 'SERIALIZATION') ||
    isStoreError(error, 'VERSION_CONFLICT') ||
    isConflictOf(error, OWN_CONSTRAINTS)
  )
}

/** The scope that an operation works in. TENANT_REQUIRED where it works in a tenant and the context has none. */
export function scopeOf(
  operation: { readonly scope: 'tenant' | 'directory' | 'context'; readonly home?: string },
  { tenantId }: ParsedContext,
): Scope {
  if ((operation.scope === 'tenant' || operation.home === 'tenant') && tenantId === null) {
    throw new UserEngineError('TENANT_REQUIRED', {})
  }
  if (operation.scope === 'directory' || tenantId === null) return directoryScope(tenantId)
  return tenantScope(tenantId)
}

/** Asks the policy; a refusal is durable before it is thrown. */
export async function permit(
  engine: Engine,
  context: ParsedContext,
  operation: Pick<AnyCommand, 'action' | 'home'> | Pick<AnyQuery, 'action' | 'scope'>,
  target: Target,
  attempt: Attempt,
): Promise<void> {
  const decision = await engine.authorize(context, operation.action, target)
  if (decision.allow) return
  const home = 'home' in operation ? operation.home : operation.scope
  const scopeId = scopeIdOf(home, context.tenantId)
  await engine.deny(context, scopeId, operation.action, target, decision.reason, attempt)
}

/** Carries a permitted command out in a transaction: change, audit record, events and idempotency record as one. */
export async function carryOut(
  engine: Engine,
  context: ParsedContext,
  tx: StoreTransaction,
  command: AnyCommand,
  input: CommandInput,
  step: Step,
  supposes = false,
): Promise<unknown> {
  const { action, suppose } = command
  const { request, commandId, idempotencyKey } = step
  const key = keyOf(command, context, idempotencyKey)
  const { tenantId } = context
  const tenant: Seen<Tenant> | null = supposes && tenantId !== null ? { id: tenantId, state: 'active' } : null
  const found =
    supposes && suppose !== undefined && input.expectedVersion === undefined
      ? { loaded: suppose(input as never, tenant) }
      : await lookUp(engine, context, tx, command, input, step.isNew ? null : key, tenant)
  step.isNew = false
  if ('earlier' in found) return replay(found.earlier, request, engine.hashing)

  const facts = factsOf(engine, context, action)
  const decision = command.decide(found.loaded as never, input as never, facts)
  const record = {
    commandId,
    requestHash: engine.hashing.hash(request),
    result: decision.result as JsonObject,
    createdAt: facts.now,
    ...key,
  }
  // The key comes first: where the same command has won meanwhile, its answer counts, not what it did to the records.
  await allOf([
    tx.idempotency.insert(record, engine.idempotencyTtlMs),
    ...writesOf(context, tx, command, command.target(input as never), decision, facts, commandId),
  ])
  return decision.result
}

/** What a command decides on, or what the same was answered before. */
async function lookUp(
  engine: Engine,
  context: ParsedContext,
  tx: StoreTransaction,
  command: AnyCommand,
  input: CommandInput,
  key: IdempotencyKey | null,
  supposed: Seen<Tenant> | null,
): Promise<{ readonly loaded: unknown } | { readonly earlier: IdempotencyRecord }> {
  // The key is looked up last: where it is not there, the records are from before the same command elsewhere, too.
  const { tenantId } = context
  const tenant = async () => supposed ?? (tenantId === null ? null : tx.tenants.find(tenantId))
  const [loaded, earlier] = await Promise.all([
    command.load(tx, input as never, context, { catalogs: engine.catalogs, tenant }),
    key === null ? null : tx.idempotency.find(key),
  ])
  return earlier === null ? { loaded } : { earlier }
}

/** What a decision that is taken now may use. */
export function factsOf(engine: Engine, { tenantId, audience }: ParsedContext, action: string): Facts {
  const now = engine.clock()
  return { action, tenantId, audience, now, newId: () => engine.newId(now) }
}

/** Writes what a command has decided: guards, records, their events and its audit record. */
export function writesOf(
  { actor, tenantId, correlationId }: ParsedContext,
  tx: StoreTransaction,
  { action, home }: Pick<AnyCommand, 'action' | 'home'>,
  requested: Target,
  { changes, guards }: Decision<unknown>,
  { now, newId }: Facts,
  commandId: CommandId,
): readonly Promise<void>[] {
  const common = { occurredAt: now, commandId, correlationId }
  const target =
    requested.id === null
      ? { ...requested, id: changes.find(({ kind }) => kind === requested.kind)?.after.id ?? null }
      : requested
  const writes = guards.map((guard) => {
    const guarded = repository(tx, guard.kind)
    return 'record' in guard ? guarded.guard(guard.record) : guarded.guardState(guard.inState)
  })
  for (const change of changes) {
    const repo = repository(tx, change.kind)
    writes.push(change.before === null ? repo.insert(change.after) : repo.update(change.after))
    writes.push(tx.outbox.append(eventOf(change, newId, common)))
  }
  writes.push(
    tx.audit.append({
      scopeId: scopeIdOf(home, tenantId),
      id: newId() as AuditRecordId,
      actor,
      action,
      target,
      changes: changes.map(({ kind, after, fields }) => {
        const { scopeId, id, version } = after
        return { kind, scopeId, id, version, fields }
      }),
      ...common,
    }),
  )
  return writes
}

/** All are waited for, so that none is under way any more when a nested transaction is undone. */
export async function allOf(writes: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

function eventOf<Common>({ kind, after, event, data }: Change, newId: () => string, common: Common) {
  const { scopeId, id, version } = after
  return {
    scopeId,
    id: newId() as EventId,
    type: event,
    aggregate: { kind, id },
    aggregateVersion: version,
    ordinal: 0,
    data,
    ...common,
  }
}

export function repository(tx: StoreTransaction, kind: Change['kind']): Repository<VersionedRecord> {
  const members = {
    tenant: 'tenants',
    user: 'users',
    account: 'accounts',
    external_identity: 'externalIdentities',
    tenant_account: 'tenantAccounts',
    group: 'groups',
    membership: 'memberships',
    application: 'applications',
    application_binding: 'applicationBindings',
    attribute_catalog: 'attributeCatalogs',
    profile_value: 'profileValues',
  } as const
  // A change carries its kind and its record together; the repository of that kind takes that record.
  return tx[members[kind]]
}
