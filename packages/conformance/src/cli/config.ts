import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describeError } from '../canaries.ts'
import type { Case } from '../case.ts'
import type { Profile } from '../catalogue/requirement.ts'
import { createPatience } from '../deadline.ts'
import { KitError } from '../kit-error.ts'
import { bounded } from '../bounded.ts'
import type { Target } from '../target.ts'
import { EXIT_CODES } from '../verdict.ts'

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

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const DEFAULT_FILE = 'conformance.config.ts'

/** Imports the file, or `conformance.config.ts` of this folder. Throws a KitError that says what to export. */
export async function loadConfig(path: string | undefined): Promise<ConformanceConfig> {
  if (path === undefined && !existsSync(DEFAULT_FILE))
    throw new KitError(`Name the configuration, or let init write ${DEFAULT_FILE}.`)
  return readConfig(path ?? DEFAULT_FILE)
}

async function readConfig(path: string): Promise<ConformanceConfig> {
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

/** Takes down what stands behind the target. Answers what is wrong with it where that fails; null where it does not. */
export async function dispose({ target, timeScale = 1 }: ConformanceConfig): Promise<string | null> {
  try {
    await bounded(async () => target.dispose?.(), createPatience(timeScale).caseMs, 'dispose')
    return null
  } catch (error) {
    return error instanceof KitError ? error.message : describeError(error)
  }
}

/**
 * When the process is told to stop, what stands behind the target is taken down before it does. Answers what ends that, to be
 * awaited: where the process is being stopped, nothing comes after it.
 */
export function disposeWhenStopped(
  config: ConformanceConfig,
  print: (line: string) => void,
): () => Promise<void> {
  let stopping: Promise<void> | null = null
  const stop = (signal: NodeJS.Signals) => {
    release()
    stopping = dispose(config).then((undisposed) => {
      print(`INVALID: stopped by ${signal}${undisposed === null ? '' : `; ${undisposed}`}`)
      process.exit(EXIT_CODES.invalid)
    })
  }
  const release = () => SIGNALS.forEach((signal) => process.off(signal, stop))
  for (const signal of SIGNALS) process.on(signal, stop)
  return async () => {
    release()
    await stopping
  }
}
