import type { UserEngineStore } from '@user-engine/store'

/** Whether the store may be used, by checks with codes. It looks each time, answers in bounded time and never throws. */
export function createReadiness(store: UserEngineStore) {
  return () => store.readiness()
}
