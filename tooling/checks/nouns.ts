import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { BRINGS } from './manifests.ts'
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

/** Where one may stand; only the kit has cases. */
const FOLDERS = ['src', 'src/cases']

export function nouns(root: string = ROOT): Outcome {
  const packages = Object.keys(BRINGS).map((name) => `packages/${name}`)
  const problems = packages.flatMap((folder) =>
    NOUNS.filter((noun) => !FOLDERS.some((place) => existsSync(join(root, folder, place, `${noun}.ts`)))).map(
      (noun) => `${folder} has no ${noun}.ts`,
    ),
  )
  return { summary: `${NOUNS.length} nouns in each of ${packages.length} packages`, problems }
}
