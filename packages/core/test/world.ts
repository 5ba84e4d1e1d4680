import { randomUUID } from 'node:crypto'

import { createMemoryStore } from '@user-engine/memory'
import { directoryScope, parseTenantId, type UserEngineStore } from '@user-engine/store'

import {
  createUserEngine,
  type AuthorizationDecision,
  type AuthorizationRequest,
  type Session,
  type UserEngineOptions,
  type UserEngineService,
} from '../src/index.ts'

export const KEY = 'k'.repeat(32)
export const ISSUER = 'https://issuer.example'
export const ADMINISTRATOR = { kind: 'service', id: 'administrator' } as const

type Policy = (request: AuthorizationRequest) => AuthorizationDecision | Promise<AuthorizationDecision>

export interface WorldOptions extends Partial<Omit<UserEngineOptions, 'store' | 'authorize'>> {
  readonly writes?: 'eager' | 'deferred'
  /** What stands between the engine and the memory store. */
  readonly around?: (store: UserEngineStore) => UserEngineStore
}

/** An engine on an empty store, with two tenants; its policy can be changed at any time. */
export interface World {
  readonly engine: UserEngineService
  /** The store itself, without what stands around it. */
  readonly store: UserEngineStore
  readonly tenantId: string
  readonly otherTenantId: string
  /** The administrator in the directory, in the tenant and in the other tenant. */
  readonly directory: Session
  readonly tenant: Session
  readonly otherTenant: Session
  /** All that the policy was asked. */
  readonly asked: AuthorizationRequest[]
  /** From now on the policy says this. */
  decide(policy: Policy): void
  as(tenantId: string | null, actor?: { readonly kind: 'user' | 'service'; readonly id: string }): Session
  subject(): string
  /** A new user, in the tenant. */
  provision(
    input?: Partial<Parameters<Session['provisionUser']>[0]>,
  ): Promise<{ user: string; account: string; identity: string; tenantAccount: string; subject: string }>
}

export const allow: Policy = () => ({ allow: true })
export const deny =
  (...actions: readonly string[]): Policy =>
  ({ action }) =>
    actions.includes(action) ? { allow: false, reason: 'not_permitted' } : { allow: true }

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { writes = 'eager', around = (store: UserEngineStore) => store, ...rest } = options
  const store = createMemoryStore({ writes })
  const asked: AuthorizationRequest[] = []
  let policy = allow
  const engine = createUserEngine({
    store: around(store),
    requestHashKeys: [KEY],
    authorize: (request) => {
      asked.push(request)
      return policy(request)
    },
    ...rest,
  })
  const as: World['as'] = (tenantId, actor = ADMINISTRATOR) => engine.as({ actor, tenantId })
  const directory = as(null)
  const tenantId = (await directory.registerTenant({})).tenant.id
  const otherTenantId = (await directory.registerTenant({})).tenant.id
  const tenant = as(tenantId)
  const subject = () => `subject-${randomUUID()}`
  return {
    engine,
    store,
    tenantId,
    otherTenantId,
    directory,
    tenant,
    otherTenant: as(otherTenantId),
    asked,
    decide(next) {
      policy = next
      asked.length = 0
    },
    as,
    subject,
    async provision(input = {}) {
      const identity = { issuer: ISSUER, subject: subject() }
      const made = await tenant.provisionUser({ identity, ...input })
      return {
        user: made.user.id,
        account: made.account.id,
        identity: made.identity.id,
        tenantAccount: made.tenantAccount?.id ?? '',
        subject: input.identity?.subject ?? identity.subject,
      }
    },
  }
}

/** What a rejection was, or a failure where there was none. */
export async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (answer) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(answer)}`)
    },
    (error: unknown) => error,
  )
}

/** How many rows of each kind there are, to see that nothing has changed. */
export function counts({ store, tenantId }: World) {
  return store.transaction(directoryScope(parseTenantId(tenantId)), (tx) => tx.recordCounts())
}
