import type { CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'

/** Records what was seen of a provider; where it is not as it must be, with what to do about it. */
export function judge(
  ctx: CaseContext,
  id: RequirementId,
  held: boolean,
  seen: string,
  remedy: string,
): void {
  ctx.must(id, held, held ? seen : `${seen}. Remedy: ${remedy}`)
}
