import {
  createUserEngine,
  isUserEngineError,
  type AuthorizationRequest,
  type Session,
  type UserEngineErrorCode,
  type UserEngineService,
} from '@user-engine/core'
import {
  DIRECTORY,
  directoryScope,
  parseTenantId,
  tenantScope,
  type AuditRecord,
  type AuditRecordId,
  type DenialId,
  type DenialRecord,
  type EventId,
  type OutboxEvent,
  type RecordCounts,
  type UserEngineStore,
} from '@user-engine/store'

import { describeError } from '../canaries.ts'
import type { CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'

/** What an application process has: an engine, and its sessions in the directory and in either tenant. */
export interface Desk {
  readonly engine: UserEngineService
  readonly directory: Session
  readonly tenant: Session
  readonly other: Session
}

/** Two tenants in an empty store, and engines that share one policy. */
export interface World extends Desk {
  readonly tenantId: string
  readonly otherId: string
  /** What the policy was asked since `refuse` was called last. */
  readonly asked: readonly AuthorizationRequest[]
  /** From now on the policy refuses these actions and allows all others. */
  refuse(...actions: readonly string[]): void
  /** Another process with the same policy. */
  on(store: UserEngineStore): Desk
  /** An identity that nobody has. */
  identity(): { readonly issuer: string; readonly subject: string }
  /** A new user, who is in the tenant. */
  provision(): Promise<{
    readonly userId: string
    readonly identityId: string
    readonly tenantAccountId: string
    readonly identity: { readonly issuer: string; readonly subject: string }
  }>
}

const ACTOR = { kind: 'service', id: 'conformance' } as const
/** A store may abort any transaction; an engine must be given enough attempts to outlast it. */
const ATTEMPTS = 60

/** `around` stands between the engines and their stores. */
export async function createWorld(
  ctx: CaseContext,
  around: (store: UserEngineStore) => UserEngineStore = (store) => store,
): Promise<World> {
  const asked: AuthorizationRequest[] = []
  let refused = new Set<string>()
  const requestHashKeys = [ctx.canary() + ctx.canary()] as const

  const engineOn = (store: UserEngineStore) =>
    createUserEngine({
      store: around(store),
      requestHashKeys,
      attempts: ATTEMPTS,
      authorize(request) {
        asked.push(request)
        return refused.has(request.action) ? { allow: false, reason: 'not_permitted' } : { allow: true }
      },
    })
  const engine = engineOn(ctx.store)
  const directory = engine.as({ actor: ACTOR, tenantId: null })
  const tenantId = (await directory.registerTenant({})).tenant.id
  const otherId = (await directory.registerTenant({})).tenant.id
  const deskOf = (own: UserEngineService): Desk => ({
    engine: own,
    directory: own.as({ actor: ACTOR, tenantId: null }),
    tenant: own.as({ actor: ACTOR, tenantId }),
    other: own.as({ actor: ACTOR, tenantId: otherId }),
  })

  const world: World = {
    ...deskOf(engine),
    tenantId,
    otherId,
    asked,
    refuse(...actions) {
      refused = new Set(actions)
      asked.length = 0
    },
    on: (store) => deskOf(engineOn(store)),
    identity: () => ({ issuer: `https://${ctx.canary()}.example`, subject: ctx.canary() }),
    async provision() {
      const identity = world.identity()
      const made = await world.tenant.provisionUser({ identity })
      return {
        userId: made.user.id,
        identityId: made.identity.id,
        tenantAccountId: made.tenantAccount?.id ?? '',
        identity,
      }
    },
  }
  return world
}

/** How many rows of each noun there are in the directory and the tenant, by another handle. */
export async function counts(ctx: CaseContext, { tenantId }: World): Promise<RecordCounts> {
  const second = await ctx.second()
  return ctx.commit(directoryScope(parseTenantId(tenantId)), (tx) => tx.recordCounts(), second)
}

/** What there is more of than before. */
export function growth(
  after: RecordCounts,
  before: RecordCounts,
): Partial<Record<keyof RecordCounts, number>> {
  const names = Object.keys(after) as (keyof RecordCounts)[]
  return Object.fromEntries(
    names.filter((name) => after[name] !== before[name]).map((name) => [name, after[name] - before[name]]),
  )
}

/** What the store keeps of what was done and refused, in the directory and the tenant, by another handle. */
export interface Trail {
  readonly changes: readonly AuditRecord[]
  readonly denials: readonly DenialRecord[]
  readonly events: readonly OutboxEvent[]
}

export async function readTrail(ctx: CaseContext, { tenantId }: World): Promise<Trail> {
  const second = await ctx.second()
  const id = parseTenantId(tenantId)
  const scopes = [
    [DIRECTORY, directoryScope()],
    [id, tenantScope(id)],
  ] as const
  const parts = await Promise.all(
    scopes.map(([scopeId, scope]) =>
      ctx.commit(
        scope,
        async (tx) => ({
          entries: await readAll((after: AuditRecordId | DenialId | null) =>
            tx.audit.timeline({ scopeId, targetId: null, after, limit: 500 }),
          ),
          pending: await readAll((after: EventId | null) => tx.outbox.pending({ after, limit: 500 })),
        }),
        second,
      ),
    ),
  )
  const entries = parts.flatMap((part) => part.entries)
  return {
    changes: entries.flatMap((entry) => (entry.kind === 'change' ? [entry.record] : [])),
    denials: entries.flatMap((entry) => (entry.kind === 'denial' ? [entry.record] : [])),
    events: parts.flatMap((part) => part.pending.map(({ event }) => event)),
  }
}

async function readAll<Item, Key>(
  read: (after: Key | null) => Promise<{ readonly items: readonly Item[]; readonly next: Key | null }>,
): Promise<Item[]> {
  const items: Item[] = []
  let after: Key | null = null
  do {
    const page: { readonly items: readonly Item[]; readonly next: Key | null } = await read(after)
    items.push(...page.items)
    after = page.next
  } while (after !== null)
  return items
}

/** What a call came to: its answer, or the code of the engine's error. Another error is no outcome and is thrown. */
export type Outcome<Answer> =
  | { readonly answer: Answer; readonly code: null }
  | { readonly answer: null; readonly code: UserEngineErrorCode }

export async function outcomeOf<Answer>(call: Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { answer: await call, code: null }
  } catch (error) {
    if (!isUserEngineError(error)) throw error
    return { answer: null, code: error.code }
  }
}

/** `must` for a refusal of the engine; resolves with the error. */
export async function refuses(
  ctx: CaseContext,
  id: RequirementId,
  call: Promise<unknown>,
  code: UserEngineErrorCode,
  what: string,
): Promise<unknown> {
  const [failed, error] = await call.then(
    () => [false, null] as const,
    (reason: unknown) => [true, reason] as const,
  )
  const found = !failed ? 'resolved' : isUserEngineError(error) ? error.code : describeError(error)
  ctx.must(id, found === code, `${what}: ${found}${found === code ? '' : `, and not ${code}`}`)
  return error
}
