import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { Outcome } from './outcome.ts'
import { ROOT } from './repository.ts'

/** The noun is the file: whoever knows the domain knows every path. */
export const NOUNS = [
  'tenants',
  'users',
  'accounts',
  'external-identities',
  'tenant-accounts',
  'groups',
  'memberships',
  'applications',
  'application-bindings',
  'attribute-catalogs',
  'profile-values',
  'audit',
  'denials',
  'outbox',
  'idempotency',
  'readiness',
  'schema-version',
  'diagnostics',
]

const PLACES: Readonly<Record<string, readonly string[]>> = {
  store: ['src'],
  core: ['src'],
  memory: ['src'],
  postgres: ['src'],
  conformance: ['src', 'src/cases'],
}

export function nouns(root: string = ROOT): Outcome {
  const problems = Object.entries(PLACES).flatMap(([name, folders]) =>
    NOUNS.filter((noun) => {
      const paths = folders.map((folder) => join(root, 'packages', name, folder, `${noun}.ts`))
      return !paths.some((path) => existsSync(path))
    }).map((noun) => `packages/${name} has no ${noun}.ts in ${folders.join(' or ')}`),
  )
  const all = NOUNS.length * Object.keys(PLACES).length
  return {
    summary: `${all - problems.length} of ${all} files: ${NOUNS.length} nouns in each package`,
    problems,
  }
}
