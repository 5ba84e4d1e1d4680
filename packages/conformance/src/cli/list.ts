import { parseArgs } from 'node:util'

import { canonicalJson } from '../canonical-json.ts'
import type { Case } from '../case.ts'
import { defaultCases } from '../cases/index.ts'
import { areas, catalogue, CATALOGUE_VERSION } from '../catalogue/index.ts'
import { requirementsOf } from '../plan.ts'
import { catalogueDigest } from '../catalogue/digest.ts'

export const LIST_USAGE = `user-engine-conformance list [--json]

Every requirement: id, level, status, profile, how many cases of a store or a provider alone prove it, title.`

/** The cases that prove a requirement. */
export function casesOf(id: string, cases: readonly Case[] = defaultCases): Case[] {
  return cases.filter((one) => (requirementsOf(one) as readonly string[]).includes(id))
}

export function listCommand(args: readonly string[], print: (line: string) => void): number {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } })
  if (values.json) {
    const requirements = [...catalogue].map(([id, requirement]) => ({
      id,
      ...requirement,
      cases: casesOf(id).map((one) => one.id),
    }))
    print(canonicalJson({ version: CATALOGUE_VERSION, digest: catalogueDigest(), requirements }).trimEnd())
    return 0
  }
  for (const { name, requirements } of areas) {
    print(name)
    for (const [id, { level, status, profile, title }] of Object.entries(requirements)) {
      const cases = `${casesOf(id).length} cases`
      print(
        `  ${id.padEnd(19)} ${level.padEnd(6)} ${status.padEnd(11)} ${profile.padEnd(17)} ${cases.padEnd(8)} ${title}`,
      )
    }
  }
  return 0
}
