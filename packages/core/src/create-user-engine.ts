import { parseEventId, type UserEngineStore } from '@user-engine/store'
import { z } from 'zod'

import { createAuthorization, type Authorize } from './authorization.ts'
import { createCompiledCatalogs } from './compiled-catalogs.ts'
import { contextSchema } from './context.ts'
import { createDeny } from './denials.ts'
import { drain } from './drain.ts'
import { fromStoreError } from './errors.ts'
import { createRequestHashing } from './idempotency.ts'
import { createClock, createIds, type Clock } from './ids.ts'
import { id, parseFields, parseInput } from './input.ts'
import { createPosition } from './position.ts'
import { createReadiness } from './readiness.ts'
import { createRefusingTenants } from './refusing-tenants.ts'
import { createSchemaVersion } from './schema-version.ts'
import { createSession } from './session.ts'
import type { Engine } from './unit-of-work.ts'
import type { UserEngineService } from './user-engine-service.ts'

export interface UserEngineOptions {
  readonly store: UserEngineStore
  /** The host's policy: asked before every operation. */
  readonly authorize: Authorize
  /**
   * Secrets of at least 32 characters, for the hashes of requests. All processes share them; the first one signs, the
   * others still verify, so that one can be replaced without a pause.
   */
  readonly requestHashKeys: readonly [string, ...string[]]
  /** The times on records. Default: the system's. */
  readonly clock?: Clock | undefined
  /** How long an answer is kept for its idempotency key. Default 86,400,000, one day. */
  readonly idempotencyTtlMs?: number | undefined
  /** How long the policy may take. Default 5,000. */
  readonly authorizeTimeoutMs?: number | undefined
  /** How often a unit of work is run at the most when it collides with others. Default 8. */
  readonly attempts?: number | undefined
}

const isFunction = (value: unknown) => typeof value === 'function'
const rule = (name: string) => ({ params: { rule: name } })

const optionsSchema = z.strictObject({
  store: z.custom<UserEngineStore>(
    (value) => typeof value === 'object' && value !== null,
    rule('not_a_store'),
  ),
  authorize: z.custom<Authorize>(isFunction, rule('not_a_function')),
  requestHashKeys: z.tuple([z.string().min(32)], z.string().min(32)),
  clock: z.custom<Clock>(isFunction, rule('not_a_function')).default(() => () => new Date()),
  idempotencyTtlMs: z.int().min(1000).max(31_536_000_000).default(86_400_000),
  authorizeTimeoutMs: z.int().min(1).max(60_000).default(5000),
  attempts: z.int().min(1).max(100).default(8),
})

/**
 * Makes the engine over a store. Nothing is opened and nothing is read by it. INVALID_INPUT where an option is wrong.
 */
export function createUserEngine(options: UserEngineOptions): UserEngineService {
  const parsed = parseInput<z.output<typeof optionsSchema>>(optionsSchema, options)
  const { store } = parsed
  const clock = createClock(parsed.clock)
  const newId = createIds()
  const engine: Engine = {
    store,
    clock,
    newId,
    catalogs: createCompiledCatalogs(),
    refusing: createRefusingTenants(),
    hashing: createRequestHashing(parsed.requestHashKeys),
    idempotencyTtlMs: parsed.idempotencyTtlMs,
    attempts: parsed.attempts,
    authorize: createAuthorization(parsed.authorize, parsed.authorizeTimeoutMs),
    deny: createDeny(store, clock, newId),
  }
  return Object.freeze<UserEngineService>({
    as: (context) => createSession(engine, parseFields(contextSchema, context)),
    drainOutbox: (drainOptions) => drain(store.outbox, drainOptions),
    async redriveEvents(eventIds) {
      const ids = parseInput(z.array(id(parseEventId)).max(1000), eventIds)
      return store.outbox.redrive(ids).catch((error: unknown) => {
        throw fromStoreError(error, [])
      })
    },
    readiness: createReadiness(store),
    schemaVersion: createSchemaVersion(store),
    position: createPosition(store),
    diagnostics: () => store.diagnostics(),
    close: () => store.close(),
  })
}
