import type { Case } from '../case.ts'
import { areas, CATALOGUE_VERSION, type RequirementId } from '../catalogue/index.ts'
import type { Area, Requirement, Topic } from '../catalogue/requirement.ts'
import { anchorOf, capitalised, proofOf } from './proof.ts'
import { TOPICS } from './topics.ts'

const PREFACE = [
  '# What user-engine requires of a durable Postgres store',
  'user-engine is a consumer of a Postgres capability that somebody else provides. This document is for that provider: for ' +
    'the team that runs Postgres and hands a database over, and for the team that writes a store adapter of its own. It says ' +
    'what has to hold before users can be kept there, why, and how each point is shown.',
  'The provider owns servers, roles and their credentials, network policy, the primitives that keep tenants apart, backup and ' +
    'restore, and the operation of the platform. user-engine owns its schema and its migrations, the meaning of its store, and ' +
    'the tests of that meaning. Neither owns identity providers, authorization, secret storage or the audit platform: the engine ' +
    'asks a policy that is handed to it, keeps local audit records, and hands events over.',
  `Each requirement has an id that is never used for another and never renumbered; this is version ${CATALOGUE_VERSION} of the ` +
    'catalogue. MUST, SHOULD and MAY are meant as in RFC 2119. A requirement marked *provisional* is run and reported, and does ' +
    'not decide the verdict yet. Below each stands what shows it: a case of the kit, which a provider runs with ' +
    '`npx user-engine-conformance run ./conformance.config.ts`, and, for what no program can show, evidence that the ' +
    'provider hands over.',
  'What the records themselves are, and what users of the engine rely on, is told entity by entity in ' +
    '[Durable persistence semantics](./durable-persistence-semantics.md).',
]

/** What the provider does itself comes first, then what the store on it has to do. */
const ORDER = areas.toSorted((one, other) => Number(isProviders(other)) - Number(isProviders(one)))

function isProviders({ requirements }: Area<RequirementId>): boolean {
  return Object.values<Requirement>(requirements).every(({ profile }) => profile === 'provider-postgres')
}

/** The requirements by topic, for a provider, as Markdown. */
export function consumerRequirements(cases: readonly Case[]): string {
  const topics = Object.keys(TOPICS) as Topic[]
  const contents = topics.map((topic, index) => {
    const heading = headingOf(topic, index)
    return `${index + 1}. [${capitalised(topic)}](#${anchorOf(heading)})`
  })
  const introduced = new Set<string>()
  const chapters = topics.map((topic, index) => chapter(topic, index, cases, introduced))
  return [...PREFACE, '## Contents', contents.join('\n'), ...chapters].join('\n\n')
}

function headingOf(topic: Topic, index: number): string {
  return `${index + 1}. ${capitalised(topic)}`
}

/** An area is introduced where it is first met. */
function chapter(topic: Topic, index: number, cases: readonly Case[], introduced: Set<string>): string {
  const sections = ORDER.flatMap((area) => {
    const own = requirementsOn(topic, area).map(([id, requirement]) => paragraph(id, requirement, cases))
    if (own.length === 0) return []
    const known = introduced.has(area.name)
    introduced.add(area.name)
    return [`### ${area.name}`, ...(known ? [] : [area.introduction]), ...own]
  })
  return [`## ${headingOf(topic, index)}`, ...TOPICS[topic], ...sections].join('\n\n')
}

function requirementsOn(topic: Topic, { requirements }: Area<RequirementId>): [RequirementId, Requirement][] {
  const all = Object.entries(requirements) as [RequirementId, Requirement][]
  return all.filter(([, requirement]) => requirement.topic === topic && requirement.status !== 'retired')
}

function paragraph(id: RequirementId, requirement: Requirement, cases: readonly Case[]): string {
  const { title, level, profile, status, statement, rationale } = requirement
  const labels = [level, profile, ...(status === 'stable' ? [] : [status])].join(', ')
  return [
    `#### ${id} ${title}`,
    statement,
    rationale,
    `*${labels}.* ${proofOf(id, requirement, cases)}`,
  ].join('\n\n')
}
