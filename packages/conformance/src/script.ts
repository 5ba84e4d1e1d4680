import { z } from 'zod'

const json = z.json()

export type Json = z.infer<typeof json>

/** What a case did until it failed, as short as it could make it. */
export const scriptSchema = z.strictObject({
  /** The same in words, a line for each step, as reports show it. */
  steps: z.array(z.string()),
  /** What the case plays when the script is given to it again. Only the case knows what it means. */
  data: json,
})

export type Script = Readonly<z.infer<typeof scriptSchema>>
