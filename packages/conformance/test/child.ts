import { spawn } from 'node:child_process'
import { join } from 'node:path'

export const fixtures = join(import.meta.dirname, 'fixtures')
export const source = '--conditions=@user-engine/source'
export const cli = join(import.meta.dirname, '../src/cli.ts')

export type Environment = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly output: string
  readonly stdout: string
}

/** Runs a program of Node as its user would, with nothing of this run's own. */
export async function run(args: readonly string[], env: Environment = {}, folder?: string): Promise<Ended> {
  const { NODE_OPTIONS: _, VITEST: __, NODE_TEST_CONTEXT: ___, ...rest } = process.env
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...rest, NO_COLOR: '1', ...env } })
  let output = ''
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output, stdout }
}
