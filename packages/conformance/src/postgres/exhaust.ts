import { DIRECTORY, directoryScope, type User, type UserEngineStore, type UserId } from '@user-engine/store'

import type { Restore } from '../target.ts'

/** As many transactions as there are connections, each of which holds its own until restored. */
export async function exhaust(store: UserEngineStore, connections: number): Promise<Restore> {
  const gate = Promise.withResolvers<never>()
  const held: Promise<unknown>[] = []
  for (let index = 0; index < connections; index += 1) {
    const opened = Promise.withResolvers<void>()
    const holding = store.transaction(directoryScope(), async (tx) => {
      const now = new Date()
      const user: User = {
        scopeId: DIRECTORY,
        id: crypto.randomUUID() as string as UserId,
        kind: 'service',
        state: 'active',
        version: 1,
        createdAt: now,
        updatedAt: now,
      }
      await tx.users.insert(user)
      // A read after a write: a store that buffers writes must take its connection now.
      await tx.users.list({ after: null, limit: 1 })
      opened.resolve()
      await gate.promise
    })
    held.push(holding.catch(() => undefined))
    await Promise.race([opened.promise, holding])
  }
  return async () => {
    gate.reject(new Error('restored'))
    await Promise.all(held)
  }
}
