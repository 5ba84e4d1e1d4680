import type { StoreError, UserEngineStore } from '@user-engine/store'

export interface Fault {
  readonly error: StoreError
  readonly committed: boolean
}

/** Answers the next transactions with these errors, before or after they have committed. */
export function failing(queue: Fault[]) {
  return (store: UserEngineStore): UserEngineStore => ({
    ...store,
    async transaction(scope, work) {
      const fault = queue.shift()
      if (fault === undefined) return store.transaction(scope, work)
      const run = store.transaction(scope, async (tx) => {
        const result = await work(tx)
        if (!fault.committed) throw fault.error
        return result
      })
      await run
      throw fault.error
    },
  })
}

/** Does something once, when a command has read and has not written yet: what it read may be of the past then. It needs a key. */
export function interrupting(between: { run: (() => Promise<unknown>) | null }) {
  return (store: UserEngineStore): UserEngineStore => ({
    ...store,
    transaction: (scope, work) =>
      store.transaction(scope, (tx) => {
        const find: typeof tx.idempotency.find = async (key) => {
          const found = await tx.idempotency.find(key)
          const { run } = between
          between.run = null
          await run?.()
          return found
        }
        return work({ ...tx, idempotency: { ...tx.idempotency, find } })
      }),
  })
}
