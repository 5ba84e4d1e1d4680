import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { ROOT } from '../checks/repository.ts'

const run = promisify(execFile)

export const PACKAGES = ['store', 'core', 'memory', 'postgres', 'conformance'] as const
export type Package = (typeof PACKAGES)[number]

export interface Outcome {
  readonly code: number
  readonly output: string
}

/** A folder of somebody who has never seen this workspace: npm, and the tarballs. */
export interface Repository {
  /** Installs tarballs of ours and packages of others, with plain npm. */
  install(packages: readonly Package[], others?: readonly string[]): Promise<void>
  /** What is in node_modules, scopes included. */
  installed(): readonly string[]
  write(file: string, text: string): void
  exec(command: string, ...args: readonly string[]): Promise<Outcome>
}

/** Builds the packages of a checkout and packs each as it is published. */
export async function packAll(root: string = ROOT): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'user-engine-stranger-'))
  const inWorkspace = (...args: readonly string[]) =>
    run('pnpm', [...args], { cwd: root, maxBuffer: 1 << 26 })
  await inWorkspace('exec', 'turbo', 'run', 'build', '--output-logs=errors-only')
  await inWorkspace(
    '--recursive',
    '--filter',
    './packages/*',
    'pack',
    '--pack-destination',
    join(folder, 'packed'),
  )
  return folder
}

export function createRepository(folder: string, name: string): Repository {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
  const packed = readdirSync(join(folder, 'packed'))
  const tarball = (name_: Package) => {
    const file = packed.find((each) => each.startsWith(`user-engine-${name_}-`))
    if (file === undefined) throw new Error(`${name_} was not packed`)
    return join(folder, 'packed', file)
  }
  // Nothing of this run's own: its tests, its conditions, and what the npx around it was asked to install.
  const own = /^(NODE_OPTIONS|VITEST|NODE_TEST_CONTEXT|npm_config_package|npm_config_call)/i
  const clean = Object.entries(process.env).filter(([name]) => !own.test(name))
  const env = { ...Object.fromEntries(clean), NO_COLOR: '1', FORCE_COLOR: '0' }

  async function exec(command: string, ...args: readonly string[]): Promise<Outcome> {
    try {
      const { stdout, stderr } = await run(command, [...args], { cwd: path, env, maxBuffer: 1 << 26 })
      return { code: 0, output: stdout + stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, output: `${stdout}${stderr}` }
    }
  }

  return {
    exec,
    async install(packages, others = []) {
      const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--silent']
      const { code, output } = await exec('npm', 'install', ...flags, ...packages.map(tarball), ...others)
      if (code !== 0) throw new Error(`npm install failed: ${output}`)
    },
    installed() {
      const modules = join(path, 'node_modules')
      return readdirSync(modules).flatMap((entry) =>
        entry.startsWith('@') ? readdirSync(join(modules, entry)).map((each) => `${entry}/${each}`) : [entry],
      )
    },
    write: (file, text) => writeFileSync(join(path, file), text),
  }
}

/** The files that a provider writes, into its repository; `from` is a folder below the root. */
export function copyProvider(folder: string, name: string, from = 'tooling/stranger/provider'): void {
  cpSync(join(ROOT, from), join(folder, name), { recursive: true })
}

export function removeAll(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
}
