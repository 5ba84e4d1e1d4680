import { z } from 'zod'

import { BUDGETS } from './budget.ts'
import { canonicalJson } from './canonical-json.ts'
import { KitError } from './kit-error.ts'
import type { Report } from './report.ts'
import { scriptSchema } from './script.ts'
import { isRed } from './verdict.ts'

/** All that it takes to see one case fail again. */
export const replaySchema = z.strictObject({
  schemaVersion: z.literal(1),
  kit: z.strictObject({ name: z.string(), version: z.string() }),
  /** Another digest: the case may have become another one since. */
  catalogueDigest: z.string(),
  case: z.string(),
  seed: z.string(),
  budget: z.enum(BUDGETS),
  timeScale: z.number(),
  /** What the case had kept; null where it plays the same each time. */
  script: scriptSchema.nullable(),
  /** What was seen: for a reader. */
  reason: z.string().nullable(),
})

export type Replay = Readonly<z.infer<typeof replaySchema>>

/** What the file of a case is called: `UE-OUTBOX-004.slow-transaction.replay.json`. */
export function replayName(caseId: string): string {
  return `${caseId.replace('/', '.')}.replay.json`
}

/** A file for each case that is not in order: its name, and what it holds. */
export function toReplays(report: Report): (readonly [name: string, text: string])[] {
  const { schemaVersion, kit, catalogue, seed, budget, timeScale } = report
  return report.cases
    .filter((one) => isRed(one) && one.verdict !== 'notRun')
    .map(({ id, script, reason }) => {
      const replay: Replay = {
        schemaVersion,
        kit,
        catalogueDigest: catalogue.digest,
        case: id,
        seed,
        budget,
        timeScale,
        script,
        reason,
      }
      return [replayName(id), canonicalJson(replay)]
    })
}

/** Throws a KitError that says what is wrong with it. */
export function parseReplay(value: unknown): Replay {
  const parsed = replaySchema.safeParse(value)
  if (!parsed.success) throw new KitError(`It is no replay of a case: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
