import type { Case } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import type { Requirement } from '../catalogue/requirement.ts'
import { requirementsOf } from '../plan.ts'

/** How a requirement is shown, as a sentence. */
export function proofOf(id: RequirementId, requirement: Requirement, cases: readonly Case[]): string {
  const { artefact, needs } = requirement
  const all = cases.filter((one) => requirementsOf(one).includes(id))
  const own = all.filter((one) => one.id.startsWith(`${id}/`))
  const [first] = own.length > 0 ? own : all
  const evidence = artefact === null ? '' : `Provider evidence: ${lowerFirst(artefact)}`
  if (first === undefined) return evidence === '' ? 'Unverified: no case shows it.' : evidence
  const others = all.length === 1 ? '' : ` and ${all.length - 1} more`
  const needed = needs.length === 0 ? '' : ` Needs ${needs.map((need) => `\`${need}\``).join(' and ')}.`
  return `Shown by \`${first.id}\`${others}.${needed}${evidence === '' ? '' : ` ${evidence}`}`
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

/** A heading's address in the rendered document. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}

export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
