import { z } from 'zod'

import { BUDGETS } from './budget.ts'
import { scriptSchema } from './script.ts'
import { CASE_VERDICTS } from './verdict.ts'

const caseVerdict = z.enum(CASE_VERDICTS)
const requirementVerdict = z.enum([...CASE_VERDICTS, 'unverified'])
const count = z.int().nonnegative()

/**
 * The report as it is written. Two runs of one kit on one target with one seed differ in `startedAt` and in what ends in
 * `Ms`, and in nothing else. The package has it as a JSON Schema too: `@user-engine/conformance/report.schema.json`.
 */
export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kit: z.strictObject({ name: z.string(), version: z.string() }),
  catalogue: z
    .strictObject({ version: z.string(), digest: z.string() })
    .describe('`digest` is the SHA-256 of every requirement: two reports with the same one mean the same.'),
  target: z.strictObject({ name: z.string(), version: z.string(), url: z.string().nullable() }),
  capabilities: z
    .record(z.string(), z.union([z.string(), z.boolean()]))
    .nullable()
    .describe('As the store declared them; null where none was opened.'),
  powers: z.array(z.string()),
  profiles: z.array(z.string()),
  seed: z.string(),
  budget: z.enum(BUDGETS),
  only: z.array(z.string()).describe('The filters; none for a whole run.'),
  not: z.array(z.string()),
  shard: z.strictObject({ index: count, count }).nullable(),
  timeScale: z.number(),
  environment: z.strictObject({ node: z.string(), platform: z.string() }),
  startedAt: z.iso.datetime(),
  durationMs: count,
  verdict: z.enum(['conformant', 'not conformant', 'partial', 'invalid']),
  exitCode: z.int(),
  problems: z.array(z.string()).describe('Why the run says nothing, where it is invalid.'),
  counts: z
    .strictObject({
      cases: z.record(caseVerdict, count),
      requirements: z.record(requirementVerdict, count),
    })
    .describe('Of each verdict how many, none left out.'),
  requirements: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      level: z.enum(['MUST', 'SHOULD', 'MAY']),
      status: z.enum(['provisional', 'stable', 'retired']),
      profile: z.string(),
      verdict: requirementVerdict,
      cases: z.array(z.string()),
      artefact: z.string().nullable().describe('What a provider hands over where no case can show it.'),
    }),
  ),
  cases: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      profile: z.string(),
      requirements: z.array(z.string()),
      needs: z.array(z.string()).describe('The capabilities and powers without which it is skipped.'),
      verdict: caseVerdict,
      reason: z.string().nullable(),
      failures: z
        .array(
          z.strictObject({
            requirement: z.string(),
            observation: z.string(),
            causes: z
              .array(z.string())
              .describe('What published faulty stores do that are found by the same observation.'),
          }),
        )
        .describe('The requirements that it contradicts, and by what.'),
      observations: z.record(z.string(), count).describe('How many observations held, of each requirement.'),
      notes: z.array(z.string()),
      script: scriptSchema.nullable().describe('How it came to fail, where the case has kept that.'),
      knownDeviation: z.strictObject({ issue: z.string(), expires: z.string() }).nullable(),
      durationMs: count,
      openMs: count.describe('Of that, how long the target took to open its instance, and to destroy it.'),
      destroyMs: count,
    }),
  ),
})

/** The same as JSON Schema (draft 2020-12), for readers in other languages. */
export function reportJsonSchema(): object {
  return {
    $id: 'urn:user-engine:conformance-report:1',
    title: 'Report of a run of @user-engine/conformance',
    ...z.toJSONSchema(reportSchema),
  }
}

export type Report = Readonly<z.infer<typeof reportSchema>>
export type ReportCase = Report['cases'][number]
export type ReportRequirement = Report['requirements'][number]
