import { directoryScope, type UserId } from '@user-engine/store'

import { bounded } from './bounded.ts'
import { createRandom } from './random.ts'
import { createRecords } from './records.ts'
import type { Patience } from './deadline.ts'
import { KitError } from './kit-error.ts'
import { replayed } from './replayed.ts'
import type { Instance, Target } from './target.ts'

const LEASE_MS = 1_000

/**
 * Shows on an instance of the kit's own, in which this user was written, that the powers by which a store is judged do what
 * they say. Throws a KitError that names the one that does not. What the store itself does wrong is not judged here.
 */
export async function checkHonesty(
  target: Target,
  instance: Instance,
  written: UserId,
  { caseMs }: Patience,
): Promise<void> {
  const observer = target.observer?.(instance)
  if (observer !== undefined) {
    const rows = await bounded(() => observer.rows('users'), caseMs, 'looking at a user that was written')
    if (!rows.some(({ id }) => id === written)) {
      throw new KitError('The observer does not see what was written: it looks somewhere else.')
    }
  }
  const { clock } = target
  if (clock === undefined) return
  const makes = createRecords(createRandom('honesty'), () => '')
  const user = makes.user({ id: written })
  const key = makes.idempotencyRecord()
  const { store } = instance
  const claim = () => replayed(() => store.outbox.claim({ limit: 1, leaseMs: LEASE_MS, ack: null }))
  const held = await replayed(() =>
    store.transaction(directoryScope(), async (tx) => {
      await tx.outbox.append(makes.event('user', user))
      await tx.idempotency.insert(key, LEASE_MS)
    }),
  ).then(claim, () => null)
  if (held?.events.length !== 1) return
  await bounded(() => clock.advance(instance, 2 * LEASE_MS), caseMs, 'clock.advance')
  const again = await claim().catch(() => null)
  const found = await replayed(() =>
    store.transaction(directoryScope(), (tx) => tx.idempotency.find(key)),
  ).catch(() => null)
  // Of a store that keeps one of them for good, the other one has ended.
  if (again?.events.length === 0 && found !== null) {
    throw new KitError(
      'The clock was turned on, and neither a lease nor an idempotency record has ended: it turns nothing.',
    )
  }
}
