import type { Actor, Target } from '@user-engine/store'

import type { Audience } from './attribute-definitions.ts'
import type { ParsedContext } from './context.ts'
import { UserEngineError } from './errors.ts'

/** What the engine asks of the policy. Ids and names alone: the record itself has not been read. */
export interface AuthorizationRequest {
  readonly actor: Actor
  readonly tenantId: string | null
  /** e.g. `user.suspend`. */
  readonly action: string
  readonly target: Target
  /** On whose behalf the caller says that it acts. */
  readonly audience: Audience
  readonly correlationId: string | null
}

export type AuthorizationDecision =
  | { readonly allow: true }
  /**
   * `reason` is a code such as `not_an_administrator`, of at most 64 characters a-z, 0-9, `_`, `.` and `-`: it is written
   * to the audit and shown to the caller. Anything else is recorded as `unspecified`.
   */
  | { readonly allow: false; readonly reason: string }

/** The host's policy. What it throws, and what it does not answer in time, counts as a refusal without a reason. */
export type Authorize = (
  request: AuthorizationRequest,
) => AuthorizationDecision | Promise<AuthorizationDecision>

const REASON = /^[a-z0-9_.-]{1,64}$/

/** Of a policy that may be written in anything: TypeError where it says neither yes nor no. */
function decisionOf(answer: unknown): AuthorizationDecision {
  const { allow, reason } = Object(answer) as { readonly allow?: unknown; readonly reason?: unknown }
  if (allow === true) return { allow }
  if (allow !== false) throw new TypeError('A policy answers whether to allow.')
  return { allow, reason: typeof reason === 'string' && REASON.test(reason) ? reason : 'unspecified' }
}

async function inTime<Answer>(answer: Promise<Answer>, timeoutMs: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, timeoutMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks within a deadline. AUTHORIZATION_UNAVAILABLE where there is no answer that can be understood: fail closed. */
export function createAuthorization(authorize: Authorize, timeoutMs: number) {
  return async (context: ParsedContext, action: string, target: Target): Promise<AuthorizationDecision> => {
    const { actor, tenantId, audience, correlationId } = context
    try {
      const answer = authorize({ actor, tenantId, action, target: { ...target }, audience, correlationId })
      // What is answered at once is not late, and needs no timer.
      return decisionOf('then' in answer ? await inTime(answer, timeoutMs) : answer)
    } catch {
      // The cause stays out: it is the host's own error and may say anything.
      throw new UserEngineError('AUTHORIZATION_UNAVAILABLE', {})
    }
  }
}
