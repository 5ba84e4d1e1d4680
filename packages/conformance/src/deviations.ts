import { z } from 'zod'

import type { Case } from './case.ts'
import { KitError } from './kit-error.ts'

const schema = z.array(
  z.strictObject({
    case: z.string(),
    /** Where it is worked on. */
    issue: z.url(),
    /** The last day, as YYYY-MM-DD, on which it is known. */
    expires: z.iso.date(),
  }),
)

/** A case that is known to fail. It stays a failure; that it is known is reported with it. */
export type Deviation = Readonly<z.infer<typeof schema>[number]>

/** Throws a KitError that says which entry is wrong, and how. */
export function parseDeviations(value: unknown, cases: readonly Case[]): readonly Deviation[] {
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    throw new KitError(`The list of known deviations can not be read: ${z.prettifyError(parsed.error)}`)
  }
  for (const { case: id } of parsed.data) {
    if (!cases.some((one) => one.id === id))
      throw new KitError(`A known deviation names ${id}, which is no case.`)
  }
  return parsed.data
}

/** Whether the deviation is known still, on the day of `now`. */
export function isCurrent({ expires }: Deviation, now: Date): boolean {
  return now.toISOString().slice(0, 10) <= expires
}
