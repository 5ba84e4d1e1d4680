import { describeError } from './canaries.ts'
import { LATE, within } from './deadline.ts'
import { KitError } from './kit-error.ts'

/** What the target answers. Throws a KitError that names what it failed at, or did not end in time. */
export async function bounded<Result>(
  work: () => Promise<Result>,
  ms: number,
  what: string,
): Promise<Result> {
  let result
  try {
    result = await within(work(), ms)
  } catch (error) {
    if (error instanceof KitError) throw error
    throw new KitError(`The target failed at ${what}: ${describeError(error)}`)
  }
  if (result === LATE) throw new KitError(`The target did not end ${what} within ${ms} ms.`)
  return result
}
