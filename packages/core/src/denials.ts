import type { DenialId, ScopeId, Target, UserEngineStore } from '@user-engine/store'

import type { ParsedContext } from './context.ts'
import { UserEngineError } from './errors.ts'
import type { Clock, NewId } from './ids.ts'

/** What of a refused attempt outlives a replay of the work around it, so that one attempt leaves one record. */
export interface Attempt {
  denialId: DenialId | null
  denialIsDurable: boolean
}

/** Records the denial, durable before the caller sees ACCESS_DENIED, whatever transaction may be open around it. */
export function createDeny(store: UserEngineStore, clock: Clock, newId: NewId) {
  return async (
    context: ParsedContext,
    scopeId: ScopeId,
    action: string,
    target: Target,
    reason: string,
    attempt: Attempt,
  ): Promise<never> => {
    const occurredAt = clock()
    const denialId = (attempt.denialId ??= newId(occurredAt) as DenialId)
    if (!attempt.denialIsDurable) {
      const { actor, correlationId } = context
      const record = { scopeId, id: denialId, occurredAt, actor, action, target, reason, correlationId }
      attempt.denialIsDurable = await store.denials.append(record).then(
        () => true,
        () => false,
      )
    }
    throw new UserEngineError('ACCESS_DENIED', { reason, denialId, durable: attempt.denialIsDurable })
  }
}
