import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { generators, type Generator } from './generators.ts'
import type { Outcome } from './outcome.ts'
import { ROOT, run } from './repository.ts'

/** Runs every generator and compares: what it writes must be there already. The files are left as they were. */
export async function generated(
  all: readonly Generator[] = generators,
  root: string = ROOT,
): Promise<Outcome> {
  const problems: string[] = []
  for (const { name, command, outputs } of all) {
    const before = outputs.map((path) => read(join(root, path)))
    const { ok, output } = await run(command[0], command.slice(1), root)
    if (!ok) problems.push(`the generator ${name} failed:\n${output}`)
    for (const [index, path] of outputs.entries()) {
      const old = before[index] ?? null
      const now = read(join(root, path))
      if (now === null) problems.push(`the generator ${name} did not write ${path}`)
      if (now === old) continue
      problems.push(`${path} is not what the generator ${name} writes; pnpm fix writes it`)
      restore(join(root, path), old)
    }
  }
  const files = all.reduce((sum, { outputs }) => sum + outputs.length, 0)
  return { summary: `${files} files of ${all.length} generators`, problems }
}

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

function restore(path: string, text: string | null): void {
  if (text === null) return rmSync(path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
