import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'

import { KitError } from '../kit-error.ts'
import { fillTemplate, type Facts } from '../templates.ts'

export const INIT_USAGE = `user-engine-conformance init [options]

Writes into this folder: conformance.config.ts, which says how to open your store; conformance.test.ts, which puts the cases
under your test runner; a pipeline; and for postgres conformance.client.ts, a process that is to be killed. Node runs the .ts files as they are. What is there already is never overwritten.

  --for <what>       store, an adapter of your own; postgres, a server of yours under @user-engine/postgres; or provider, a
                     database that you hand over, judged without any store; store where absent
  --runner <name>    vitest or node-test; vitest where your package.json names it, else node-test
  --ci <name>        github, gitlab or none; gitlab where there is a .gitlab-ci.yml, else github`

const CONFIGS = {
  store: 'conformance.config.ts',
  postgres: 'postgres.config.ts',
  provider: 'provider.config.ts',
}
const FIRST_STEPS = {
  store: '1. Say in conformance.config.ts how to open your store.',
  postgres:
    '1. Set PGHOST, PGPORT, PGUSER and PGPASSWORD to a server for tests: conformance.config.ts reads them.',
  provider:
    '1. Say in conformance.config.ts what you hand over; it reads PGHOST, PGPORT, PGDATABASE, PGSSLROOTCERT, RUNTIME_PASSWORD …',
}
const RUNNERS = { vitest: 'conformance.test.ts', 'node-test': 'conformance.node-test.ts' }
const PIPELINES = {
  github: '.github/workflows/conformance.yml',
  gitlab: 'conformance.gitlab-ci.yml',
  none: null,
}

export async function initCommand(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: 'string', default: 'store' },
      runner: { type: 'string' },
      ci: { type: 'string' },
    },
  })
  const manifest = readManifest()
  const runner = choose('runner', RUNNERS, values.runner ?? (manifest.usesVitest ? 'vitest' : 'node-test'))
  const ci = choose('ci', PIPELINES, values.ci ?? (existsSync('.gitlab-ci.yml') ? 'gitlab' : 'github'))
  const kind = choose('for', CONFIGS, values.for)
  const files = new Map([
    ['conformance.config.ts', fillTemplate(CONFIGS[kind], manifest)],
    ['conformance.test.ts', fillTemplate(RUNNERS[runner], manifest)],
  ])
  if (kind === 'postgres') files.set('conformance.client.ts', fillTemplate('postgres.client.ts', manifest))
  const pipeline = PIPELINES[ci]
  if (pipeline !== null) files.set(pipeline, fillTemplate(`${ci}.yml`, manifest))

  const there = [...files.keys()].filter((file) => existsSync(file))
  if (there.length > 0)
    throw new KitError(`Nothing was written: ${there.join(' and ')} would be overwritten.`)
  for (const [file, text] of files) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
    print(`written: ${file}`)
  }
  for (const line of nextSteps(kind, runner, ci)) print(line)
  return 0
}

function nextSteps(
  kind: keyof typeof CONFIGS,
  runner: keyof typeof RUNNERS,
  ci: keyof typeof PIPELINES,
): string[] {
  const test = {
    vitest: 'npx vitest run conformance.test.ts',
    'node-test': 'node --test conformance.test.ts',
  }
  return [
    '',
    FIRST_STEPS[kind],
    '2. npx user-engine-conformance run',
    `3. The same under your test runner: ${test[runner]}`,
    `4. npx user-engine-conformance selftest: ${kind === 'provider' ? 'what you hand over' : 'your store'} spoilt in each published way, to see that it is found`,
    ...(ci === 'gitlab' ? ['5. Include conformance.gitlab-ci.yml in your .gitlab-ci.yml.'] : []),
  ]
}

function choose<Name extends string>(
  option: string,
  choices: Readonly<Record<Name, unknown>>,
  chosen: string,
): Name {
  if (Object.hasOwn(choices, chosen)) return chosen as Name
  throw new KitError(`--${option} is ${Object.keys(choices).join(' or ')}, and not ${chosen}.`)
}

/** What the folder says of itself; a folder may say nothing. */
function readManifest(): Facts & { readonly usesVitest: boolean } {
  const manifest = existsSync('package.json') ? parse(readFileSync('package.json', 'utf8')) : {}
  const text = (member: string, otherwise: string) => {
    const value = manifest[member]
    return typeof value === 'string' && value !== '' ? value : otherwise
  }
  const dependencies = { ...objectOf(manifest['dependencies']), ...objectOf(manifest['devDependencies']) }
  return {
    name: text('name', 'your-store'),
    version: text('version', '0.0.0'),
    install: installCommand(),
    usesVitest: Object.hasOwn(dependencies, 'vitest'),
  }
}

function installCommand(): string {
  if (existsSync('pnpm-lock.yaml')) return 'corepack enable && pnpm install --frozen-lockfile'
  if (existsSync('yarn.lock')) return 'corepack enable && yarn install --immutable'
  return existsSync('package-lock.json') ? 'npm ci' : 'npm install'
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text) as unknown)
  } catch {
    throw new KitError('package.json can not be read as JSON.')
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
