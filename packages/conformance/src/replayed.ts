import { isStoreError, type StoreError } from '@user-engine/store'

/** How often work is run that fails with a retryable error: enough for a store that aborts every third transaction. */
const REPLAYS = 30

/** What any store may answer to anybody, at any time. */
export const isRolledBack = ({ code }: StoreError): boolean => code === 'SERIALIZATION'

/** Runs work again as long as it fails with a retryable error, or one of those given, a bounded number of times. */
export async function replayed<Result>(
  work: () => Promise<Result>,
  isRetryable = ({ retryable }: StoreError) => retryable,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isStoreError(error) || !isRetryable(error) || attempt === REPLAYS) throw error
    }
  }
}
