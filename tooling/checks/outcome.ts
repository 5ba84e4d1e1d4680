/** What a check saw. The summary carries counts, so that a check which looked at nothing shows. */
export interface Outcome {
  readonly summary: string
  readonly problems: readonly string[]
}
