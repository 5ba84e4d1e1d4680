import { StoreError, type DenialLog } from '@user-engine/store'

import { batchFailure } from './batch-failure.ts'
import { db } from './database.ts'
import type { DialectForms } from './dialect.ts'
import type { PurposePool } from './pool.ts'
import { bindScope } from './scope.ts'
import { template } from './template.ts'

/** No target for the conflict: naming one would need the right to read. */
const insert = template<string>((parameter) =>
  db
    .insertInto('denials')
    .values({
      scope_id: parameter('scopeId'),
      id: parameter('id'),
      occurred_at: parameter('occurredAt'),
      actor_kind: parameter('actorKind'),
      actor_id: parameter('actorId'),
      action: parameter('action'),
      target_kind: parameter('targetKind'),
      target_id: parameter('targetId'),
      reason: parameter('reason'),
      correlation_id: parameter('correlationId'),
    })
    .onConflict((conflict) => conflict.doNothing()),
)

/** At most `queueLimit` denials wait for one of the connections that are theirs alone. */
export function createDenialLog(
  pool: PurposePool,
  forms: DialectForms,
  queueLimit: number,
): DenialLog & { waiting(): number } {
  let waiting = 0
  return {
    waiting: () => waiting,
    async append({ actor, target, ...denial }) {
      if (waiting >= queueLimit) throw new StoreError('UNAVAILABLE', { reason: 'capacity' })
      waiting += 1
      try {
        const row = { ...denial, actorKind: actor.kind, actorId: actor.id }
        await pool.run([
          bindScope([denial.scopeId], forms),
          insert({ ...row, targetKind: target.kind, targetId: target.id }),
        ])
      } catch (error) {
        // Appending the same id again is harmless, so that an unknown outcome is only one that failed.
        throw batchFailure(error, false)
      } finally {
        waiting -= 1
      }
    },
  }
}
