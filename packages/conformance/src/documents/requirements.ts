import type { Case } from '../case.ts'
import { areas, CATALOGUE_VERSION, type RequirementId } from '../catalogue/index.ts'
import type { Requirement } from '../catalogue/requirement.ts'
import type { FaultyStore } from '../faulty/faulty-store.ts'
import { requirementsOf } from '../plan.ts'

/** The whole catalogue as one table an area, with what shows each requirement and what is known to break it. */
export function requirementReference(cases: readonly Case[], faulty: readonly FaultyStore[]): string {
  const chapters = areas.map(({ name, requirements }) => {
    const rows = (Object.entries(requirements) as [RequirementId, Requirement][]).map(
      ([id, { title, level, status, profile, proof }]) => {
        const proven = cases.filter((one) => requirementsOf(one).includes(id)).length
        const broken = faulty.filter(({ breaks }) => breaks === id).map((each) => `\`${each.name}\``)
        return `| ${id} | ${title} | ${level} | ${status} | ${profile} | ${proof} | ${proven} | ${broken.join(', ')} |`
      },
    )
    return [
      `## ${name}`,
      [
        '| id | title | level | status | profile | proof | cases | found in the faulty stores |',
        '|---|---|---|---|---|---|---|---|',
        ...rows,
      ].join('\n'),
    ].join('\n\n')
  })
  return [
    '# Requirement catalogue',
    `Version ${CATALOGUE_VERSION}. The sentences that count, with their reasons, stand in [what user-engine requires of a ` +
      'durable Postgres store](../postgres-durable-store-consumer-requirements.md); `npx @user-engine/conformance explain ' +
      'UE-AREA-NNN` prints one. Ids are never reused and never renumbered.',
    ...chapters,
  ].join('\n\n')
}
