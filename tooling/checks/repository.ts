import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Every file that is, or would be, committed. */
export function listFiles(root: string = ROOT): string[] {
  const flags = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const paths = execFileSync('git', flags, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0')
  return [...new Set(paths)].filter((path) => path !== '' && existsSync(join(root, path))).toSorted()
}

/** The folders with a manifest below `parent`, e.g. `packages/store`. */
export function listPackages(...parents: readonly string[]): string[] {
  return parents
    .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
}

export interface Run {
  readonly ok: boolean
  readonly output: string
}

/** Runs a tool of the workspace, at its root unless told. */
export async function run(tool: string, args: readonly string[], cwd: string = ROOT): Promise<Run> {
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`
  const child = spawn(tool, args, {
    cwd,
    env: { ...process.env, PATH: path, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  const code = await promise
  return { ok: code === 0, output: Buffer.concat(chunks).toString('utf8').trim() }
}
