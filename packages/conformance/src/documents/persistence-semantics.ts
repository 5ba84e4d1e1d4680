import type { Case } from '../case.ts'
import { areas, catalogue, type RequirementId } from '../catalogue/index.ts'
import type { Entity, Requirement } from '../catalogue/requirement.ts'
import { ENTITIES } from './entities.ts'
import { capitalised, proofOf } from './proof.ts'

const PREFACE = [
  '# Durable persistence semantics',
  'What users of the engine rely on, whatever store is underneath: the in-memory store keeps it as well as the one on ' +
    'Postgres. It is told entity by entity, in sentences that the conformance kit holds every store to. The id behind each is ' +
    'its name in the port’s docstrings, in reports, and in ' +
    '[what user-engine requires of a durable Postgres store](./postgres-durable-store-consumer-requirements.md), where the ' +
    'same promises stand by topic, with those that only a provider can keep.',
]

/** The promises entity by entity, for who builds on the engine, as Markdown. Each is told once, under its first entity. */
export function persistenceSemantics(cases: readonly Case[]): string {
  const told = new Map<RequirementId, Entity>()
  const chapters = (Object.keys(ENTITIES) as Entity[]).map((entity) => {
    const own = [...catalogue].filter(
      ([, { entities, status }]) => status !== 'retired' && entities.includes(entity),
    )
    const here = own.filter(([id]) => !told.has(id))
    const elsewhere = own.filter(([id]) => told.has(id))
    for (const [id] of here) told.set(id, entity)
    return [
      `## ${capitalised(entity)}`,
      ...ENTITIES[entity],
      ...sections(here, cases),
      ...pointers(elsewhere, told),
    ].join('\n\n')
  })
  return [...PREFACE, ...chapters].join('\n\n')
}

/** By area, each under its heading where there is more than one. */
function sections(
  promises: readonly (readonly [RequirementId, Requirement])[],
  cases: readonly Case[],
): string[] {
  const groups = areas
    .map(({ name, requirements }) => ({
      name,
      own: promises.filter(([id]) => Object.hasOwn(requirements, id)),
    }))
    .filter(({ own }) => own.length > 0)
  return groups.flatMap(({ name, own }) => [
    ...(groups.length > 1 ? [`### ${name}`] : []),
    ...own.map(([id, requirement]) => promise(id, requirement, cases)),
  ])
}

function promise(id: RequirementId, requirement: Requirement, cases: readonly Case[]): string {
  const { title, statement, rationale } = requirement
  return `**${title}.** ${statement} ${rationale}\n<br><sub>${id}. ${proofOf(id, requirement, cases)}</sub>`
}

function pointers(
  elsewhere: readonly (readonly [RequirementId, Requirement])[],
  told: ReadonlyMap<RequirementId, Entity>,
): string[] {
  if (elsewhere.length === 0) return []
  const names = elsewhere.map(([id, { title }]) => {
    const entity = told.get(id) ?? 'all records'
    return `${title} (${id}, under [${entity}](#${entity.replaceAll(' ', '-')}))`
  })
  return [`Told above, and true here as well: ${names.join('; ')}.`]
}
