import { isStoreError, type Constraint } from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'

/** What those came to who won a race for what there may be one of. Each loser must have been told by the rule. */
export function winnersOf<Result>(
  ctx: CaseContext,
  requirement: RequirementId,
  rule: Constraint,
  results: readonly PromiseSettledResult<Result>[],
): readonly Result[] {
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return [result.value]
    const error: unknown = result.reason
    const told = isStoreError(error, 'CONFLICT') && error.details.constraint === rule
    ctx.must(requirement, told, `a loser was answered ${ctx.show(error)}`)
    return []
  })
}
