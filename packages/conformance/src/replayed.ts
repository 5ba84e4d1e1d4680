import { isStoreError } from '@user-engine/store'

/** How often work is run that fails with a retryable error: enough for a store that aborts every third transaction. */
const REPLAYS = 30

/** Runs work again as long as it fails with a retryable error, a bounded number of times. */
export async function replayed<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isStoreError(error) || !error.retryable || attempt === REPLAYS) throw error
    }
  }
}
