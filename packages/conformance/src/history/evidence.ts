import type { z } from 'zod'

import type { Case, CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { KitError } from '../kit-error.ts'

/** What was looked at for a promise. */
export interface Finding {
  readonly requirement: RequirementId
  /** What contradicts it, in words; null where nothing does. */
  readonly wrong: string | null
  /** What is said where nothing does. */
  readonly right: string
}

/** What a case has noted of transactions that can't be made to collide the same way twice. Nothing else decides on it. */
export interface Evidence<Noted> {
  readonly schema: z.ZodType<Noted>
  findings(noted: Noted): readonly Finding[]
  /** What a finding speaks of, a line each. */
  steps(noted: Noted, wrong: string): readonly string[]
  /** What shows the same, and is shorter; whether it does is seen to. */
  shorten?(noted: Noted, wrong: readonly string[]): Noted
}

export interface Court<Noted> {
  /** Says what the evidence shows, and keeps it where that contradicts a promise. */
  judge(ctx: CaseContext, noted: Noted): void
  /** The same of what was kept. */
  readonly recheck: NonNullable<Case['recheck']>
}

export function holdCourt<Noted>({ schema, findings, steps, shorten }: Evidence<Noted>): Court<Noted> {
  return {
    judge(ctx, noted) {
      const found = findings(noted)
      const wrong = found.flatMap((one) => one.wrong ?? [])
      const [first] = wrong
      if (first !== undefined) {
        const short = shorten?.(noted, wrong) ?? noted
        const again = findings(short).flatMap((one) => one.wrong ?? [])
        const kept = again.join('\n') === wrong.join('\n') ? short : noted
        ctx.keepScript(structuredClone(kept) as never, steps(noted, first))
      }
      for (const { requirement, ...one } of found)
        ctx.must(requirement, one.wrong === null, one.wrong ?? one.right)
    },
    recheck(script) {
      const noted = schema.safeParse(script)
      if (!noted.success) throw new KitError('The replay holds nothing that this case has noted.')
      return findings(noted.data).flatMap(({ requirement, wrong }) =>
        wrong === null ? [] : [{ requirement, observation: wrong }],
      )
    },
  }
}
