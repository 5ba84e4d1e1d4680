import { z } from 'zod'

const span = z.strictObject({ began: z.number(), ended: z.number() })

/** One attempt to get what only one may have, and when what came of it began and ended, by the order of the recorder. */
export const attemptSchema = span.extend({
  by: z.string(),
  /** Undone for a reason of the store's own: that says nothing of who had it. */
  outcome: z.enum(['got', 'refused', 'undone']),
  /** When it was given back; null where it was not. */
  release: span.readonly().nullable(),
})

export type Attempt = Readonly<z.infer<typeof attemptSchema>>

/** What can't be, if only one may have it at a time: in words, or null where all is in order. */
export function findDoubleHolding(attempts: readonly Attempt[]): string | null {
  const held = attempts.filter(({ outcome }) => outcome === 'got')
  for (const one of held) {
    for (const other of held) {
      // Each had it for certain from the end of its attempt until it began to give it back.
      const both = one.ended <= other.ended && other.ended < (one.release?.began ?? Infinity)
      if (one !== other && both)
        return `${one.by} had it, and had not given it back, when ${other.by} got it as well`
    }
  }
  return null
}

/** A refusal that nobody was the reason of: in words, or null where there is none. */
export function findUnfoundedRefusal(attempts: readonly Attempt[]): string | null {
  const refused = attempts.find(
    (one) =>
      one.outcome === 'refused' &&
      !attempts.some((other) => {
        const until = other.outcome === 'got' ? (other.release?.ended ?? Infinity) : other.ended
        return other !== one && other.outcome !== 'refused' && other.began < one.ended && until > one.began
      }),
  )
  return refused === undefined ? null : `${refused.by} was refused what nobody had`
}
