import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { storeCases } from './src/cases/index.ts'
import { areas, CATALOGUE_VERSION, type RequirementId } from './src/catalogue/index.ts'
import type { Entity, Requirement, Topic } from './src/catalogue/requirement.ts'
import { engineCases } from './src/engine.ts'
import { requirementsOf } from './src/plan.ts'

/** Each chapter with what a reader should know before its requirements. */
const TOPICS: Readonly<Record<Topic, string>> = {
  'connection handoff':
    'The provider hands over an endpoint, a database and a login for each purpose: runtime, denials, relay, and for the ' +
    'operator migrator and diagnose. The engine never makes a login and never sees the credentials of another purpose.',
  'tenant context':
    'Every transaction is opened in one scope: a tenant, or the directory with at most one tenant beside it. There is no ' +
    'scope of all tenants.',
  'schema ownership':
    'user-engine owns the schema `user_engine` and nothing else; the provider owns the database around it.',
  migrations:
    'The schema moves forward only, by a role of its own, before the release that needs it. The runtime never migrates.',
  transactions: 'The domain change, its audit record, its events and its idempotency record are one.',
  isolation: 'READ COMMITTED, constraints, versions and locks decide what is right; not luck with timing.',
  constraints: 'What must be unique is made so by the store, under any race.',
  'query behaviour': 'What a read answers, in which order, and how far.',
  'audit and outbox durability': 'What was done, what was denied, and what is still to be told.',
  security: 'No tenant sees another, and nothing that is told carries what a person or a system entrusted.',
  observability: 'What an operator sees without seeing data.',
  'backup and restore':
    'The provider backs the database up as one unit, roles and row security included, and can show a restore to a point in ' +
    'time. No case of this kit can show that.',
  'acceptance tests': 'How the claim is made: by the kit, with its report.',
}

const ENTITIES: readonly Entity[] = [
  'tenants',
  'users',
  'accounts',
  'tenant accounts',
  'external identities',
  'audit records',
  'denials',
  'outbox events',
  'idempotency records',
  'readiness',
  'schema version',
  'diagnostics',
  'all records',
]

const requirements = areas.flatMap(
  (area) => Object.entries(area.requirements) as [RequirementId, Requirement][],
)

const casesById = new Map<string, string[]>()
for (const one of [...storeCases, ...engineCases]) {
  for (const id of requirementsOf(one)) casesById.set(id, [...(casesById.get(id) ?? []), one.id])
}

function proofOf(id: string, { artefact }: Requirement): string {
  if (artefact !== null) return `*provider evidence*: ${artefact}`
  const cases = casesById.get(id) ?? []
  const shown = cases.slice(0, 4).map((name) => `\`${name}\``)
  if (shown.length === 0) return '*unverified*: no case of this kit shows it yet'
  return cases.length > shown.length
    ? `${shown.join(', ')} and ${cases.length - shown.length} more`
    : shown.join(', ')
}

function paragraphs(list: readonly (readonly [string, Requirement])[]): string {
  return list
    .filter(([, { status }]) => status !== 'retired')
    .map(([id, requirement]) => {
      const { title, level, statement, rationale, profile, status } = requirement
      const provisional = status === 'provisional' ? ', provisional' : ''
      return [
        `### ${id}: ${title}`,
        statement,
        `Why: ${rationale}`,
        `${level}, profile ${profile}${provisional}. Shown by ${proofOf(id, requirement)}.`,
      ].join('\n\n')
    })
    .join('\n\n')
}

const GENERATED = '<!-- Generated from the catalogue of @user-engine/conformance: pnpm fix writes it. -->'

const consumer = [
  GENERATED,
  '# What a durable Postgres store must do for user-engine',
  'user-engine is a consumer of a secure Postgres capability. A provider owns servers, roles, credentials, network, the primitives ' +
    'of tenant isolation, backup and restore; user-engine owns its schema, its migrations, what its store means, and the tests ' +
    'that show it. Identity providers, authorization, secrets and the audit platform belong to neither.',
  `Every requirement has an id that is never used again for another. The catalogue is version ${CATALOGUE_VERSION}. A provider ` +
    'shows conformance with the report of the kit; what no program can show is marked *provider evidence*, with the artefact.',
  ...Object.entries(TOPICS).map(([topic, introduction]) => {
    const own = requirements.filter(([, requirement]) => requirement.topic === topic)
    const heading = `## ${topic.charAt(0).toUpperCase()}${topic.slice(1)}`
    const body = own.length === 0 ? 'The catalogue has no requirement of its own here yet.' : paragraphs(own)
    return `${heading}\n\n${introduction}\n\n${body}`
  }),
  '',
].join('\n\n')

const semantics = [
  GENERATED,
  '# What users of the engine rely on',
  'Entity by entity: what a store keeps, whichever it is, as the in-memory reference store shows it. Each promise is listed once ' +
    'below its first entity with its id; [what a durable store must do](postgres-durable-store-consumer-requirements.md) gives ' +
    'the reasons.',
  ...ENTITIES.map((entity) => {
    const own = requirements.filter(
      ([, { entities, status }]) => entities.includes(entity) && status !== 'retired',
    )
    const lines = own.map(
      ([id, requirement]) => `- **${id}** ${requirement.statement} (${proofOf(id, requirement)})`,
    )
    return `## ${entity.charAt(0).toUpperCase()}${entity.slice(1)}\n\n${lines.join('\n') || 'Nothing of its own beyond what holds for all records.'}`
  }),
  '',
].join('\n\n')

const docs = join(import.meta.dirname, '../../docs')
mkdirSync(docs, { recursive: true })
writeFileSync(join(docs, 'postgres-durable-store-consumer-requirements.md'), consumer)
writeFileSync(join(docs, 'durable-persistence-semantics.md'), semantics)
