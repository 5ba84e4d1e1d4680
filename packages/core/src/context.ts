import { parseTenantId, type Actor, type Position, type TenantId } from '@user-engine/store'
import { z } from 'zod'

import { AUDIENCES, type Audience } from './attribute-definitions.ts'
import { id, text } from './input.ts'

export const actorSchema = z.strictObject({ kind: z.enum(['user', 'service']), id: text(128) }).readonly()

export const contextSchema = z
  .strictObject({
    actor: actorSchema,
    tenantId: id(parseTenantId).nullable(),
    audience: z.enum(AUDIENCES).default('application'),
    correlationId: text(200)
      .nullish()
      .transform((value) => value ?? null),
    readAfter: text(200)
      .nullable()
      .optional()
      .transform((value) => value as Position | null | undefined),
  })
  .readonly()

/** Who acts, and in which tenant. It comes from the host's own session, never from a request's body. */
export interface Context {
  /** `id` is an opaque name; it is written to the audit, so it must not be personal. */
  readonly actor: Actor
  /** The tenant that the operations work in, or null for the directory alone. */
  readonly tenantId: string | null
  /**
   * On whose behalf the host acts: what of a profile is read by it, and whether it may write what clients only read
   * (`platform`). Default `application`. The policy is told, and decides whether that is so.
   */
  readonly audience?: Audience | undefined
  /** The host's trace of the request; audit records and events carry it. */
  readonly correlationId?: string | null | undefined
  /**
   * Lets queries be answered by a replica, where the store has one, that has reached this position: what
   * `UserEngineService.position()` answered after the caller's last command. `null` takes any state that once was; without
   * it every answer is of the newest. Commands and compositions always decide on the newest state.
   */
  readonly readAfter?: string | null | undefined
}

export interface ParsedContext {
  readonly actor: Actor
  readonly tenantId: TenantId | null
  readonly audience: Audience
  readonly correlationId: string | null
  readonly readAfter?: Position | null | undefined
}
