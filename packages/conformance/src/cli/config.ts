import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describeError } from '../canaries.ts'
import type { Case } from '../case.ts'
import type { Profile } from '../catalogue/requirement.ts'
import { KitError } from '../kit-error.ts'
import type { Target } from '../target.ts'

/** What a `conformance.config.ts` exports by default. */
export interface ConformanceConfig {
  readonly target: Target
  /** What is claimed; store-core and store-concurrent where absent. */
  readonly profiles?: readonly Profile[]
  /** Other cases than those about a store alone, e.g. `[...storeCases, ...engineCases]`. */
  readonly cases?: readonly Case[]
  readonly timeScale?: number
  /** Cases that are known to fail: `[{ case, issue, expires }]`. */
  readonly deviations?: unknown
}

export const DEFAULT_PROFILES: readonly Profile[] = ['store-core', 'store-concurrent']

/** Imports the file. Throws a KitError that says what to export. */
export async function loadConfig(path: string | undefined): Promise<ConformanceConfig> {
  if (path === undefined) throw new KitError('Name the configuration, e.g. ./conformance.config.ts.')
  let loaded: unknown
  try {
    loaded = await import(pathToFileURL(resolve(path)).href)
  } catch (error) {
    throw new KitError(`${path} can not be imported: ${describeError(error)}`)
  }
  const config = isObject(loaded) ? loaded['default'] : undefined
  const target = isObject(config) ? config['target'] : undefined
  const complete =
    isObject(target) &&
    isObject(target['identity']) &&
    ['open', 'second', 'destroy'].every((name) => typeof target[name] === 'function')
  if (!complete) {
    throw new KitError(`${path} has to export by default { target: { identity, open, second, destroy } }.`)
  }
  return config as ConformanceConfig
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
