import { parseArgs } from 'node:util'

import { catalogue, isRequirementId, type RequirementId } from '../catalogue/index.ts'
import type { Requirement } from '../catalogue/requirement.ts'
import { faultyStores } from '../faulty/index.ts'
import { faultyPostgres } from '../faulty/postgres/index.ts'
import { faultyProviders } from '../faulty/provider/index.ts'
import { faultyUnderEngine } from '../faulty/under-engine.ts'
import { KitError } from '../kit-error.ts'
import { casesOf } from './list.ts'

export const EXPLAIN_USAGE = `user-engine-conformance explain <requirement or case id>

What is required, why, how it is shown, and which published faulty stores break it.`

export function explainCommand(args: readonly string[], print: (line: string) => void): number {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const [asked = ''] = positionals
  if (positionals.length !== 1) throw new KitError('Name one requirement, or one case: see list.')
  const [id] = asked.split('/')
  const requirement = isRequirementId(id) ? catalogue.get(id) : undefined
  if (requirement === undefined) throw new KitError(`${asked} is not in the catalogue: see list.`)
  const cases = casesOf(id as RequirementId).map((one): string => one.id)
  // Those of the engine are not known here.
  if (asked.includes('/') && cases.length > 0 && !cases.includes(asked))
    throw new KitError(`No case is called ${asked}: ${id} is shown by ${cases.join(', ')}.`)
  for (const line of explain(id as RequirementId, requirement)) print(line)
  return 0
}

function explain(id: RequirementId, requirement: Requirement): string[] {
  const { title, level, status, profile, since, statement, rationale, needs, artefact } = requirement
  const cases = casesOf(id)
  const faulty = [...faultyStores, ...faultyPostgres, ...faultyUnderEngine, ...faultyProviders].filter(
    ({ breaks }) => breaks === id,
  )
  return [
    `${id}: ${title}`,
    `${level}, ${status} since ${since}, profile ${profile}`,
    '',
    statement,
    `Why: ${rationale}`,
    ...(needs.length === 0 ? [] : [`Needs: ${needs.join(', ')}`]),
    '',
    ...(artefact === null ? [] : [`What the provider hands over: ${artefact}`]),
    ...(cases.length === 0 ? ['No case of a store or a provider alone shows it.'] : ['Shown by']),
    ...cases.map(({ id: name, title: what, incidents = [] }) =>
      [`  ${name}: ${what}`, ...incidents.map((incident) => `    ${incident}`)].join('\n'),
    ),
    ...(faulty.length === 0 ? [] : ['Broken by']),
    ...faulty.map(({ name, defect }) => `  ${name}: ${defect}`),
  ]
}
