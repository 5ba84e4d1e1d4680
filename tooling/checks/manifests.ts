import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import type { Outcome } from './outcome.ts'
import { listPackages, ROOT } from './repository.ts'

type Names = Readonly<Record<string, string>>

export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string | Names>>
  readonly publishConfig?: {
    readonly access?: string
    readonly exports?: Readonly<Record<string, string | Names>>
  }
  readonly dependencies?: Names
  readonly peerDependencies?: Names
  readonly optionalDependencies?: Names
  readonly devDependencies?: Names
  readonly [field: string]: unknown
}

export const SCOPE = '@user-engine/'
const SOURCE = '@user-engine/source'

/** All that an installed package may bring along; of the others here it imports no more than these. */
export const BRINGS: Readonly<Record<string, readonly string[]>> = {
  store: [],
  core: ['@user-engine/store', '@opentelemetry/api', 'zod'],
  memory: ['@user-engine/store'],
  postgres: ['@user-engine/store', '@opentelemetry/api', 'kysely', 'pg', 'zod'],
  conformance: [
    '@user-engine/store',
    '@user-engine/core',
    '@user-engine/memory',
    'pg',
    'vitest',
    'zod',
    'fast-check',
  ],
}

const FIELDS: Readonly<Record<string, unknown>> = {
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22.22' },
}

/** A package's direction is provable from its manifest: what it brings. pnpm itself refuses a cycle. */
export function manifests(all: readonly Manifest[] = readAll()): Outcome {
  const published = all.filter((manifest) => manifest.private !== true)
  const problems = [...published.flatMap(publishable), ...all.flatMap(pinned)]
  for (const name of Object.keys(BRINGS)) {
    if (!published.some((manifest) => manifest.name === SCOPE + name))
      problems.push(`${SCOPE}${name} is missing`)
  }
  return { summary: `${published.length} published of ${all.length}`, problems }
}

function publishable(manifest: Manifest): string[] {
  const { name, exports = {}, publishConfig } = manifest
  const problems: string[] = []
  const allowed = BRINGS[name.replace(SCOPE, '')]
  if (allowed === undefined) problems.push(`${name} is published, but no rule says what it may bring`)
  for (const other of Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  })) {
    if (allowed?.includes(other) === false) problems.push(`${name} may not bring ${other}`)
  }
  for (const [field, value] of Object.entries(FIELDS)) {
    if (!isDeepStrictEqual(manifest[field], value))
      problems.push(`${name}: ${field} must be ${JSON.stringify(value)}`)
  }
  const withoutSource = Object.fromEntries(
    Object.entries(exports).map(([path, target]): [string, unknown] => {
      if (typeof target === 'string') return [path, target]
      const { [SOURCE]: _, ...rest } = target
      if (rest['default'] === undefined)
        problems.push(`${name}: ${path} has no default, so require can't find it`)
      return [path, rest]
    }),
  )
  if (!isDeepStrictEqual(publishConfig?.exports, withoutSource)) {
    problems.push(`${name}: publishConfig.exports must be its exports without ${SOURCE}`)
  }
  return problems
}

/** One version of each dependency for the whole workspace. Peers are ranges: whoever installs decides. */
function pinned({ name, dependencies, devDependencies, optionalDependencies }: Manifest): string[] {
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, range]) => !/^(?:catalog:|workspace:)/.test(range))
    .map(([other]) => `${name}: ${other} must come from the catalog`)
}

function readAll(): Manifest[] {
  return ['.', ...listPackages('packages', 'apps', 'tooling')].map(
    (folder) => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest,
  )
}
