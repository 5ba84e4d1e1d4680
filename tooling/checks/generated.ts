import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  let files = 0
  for (const { name, command, outputs } of all) {
    const before = new Map(outputs.flatMap((output) => read(root, output)))
    const { ok, output } = await run(command[0], command.slice(1), root)
    if (!ok) problems.push(`the generator ${name} failed:\n${output}`)
    const after = new Map(outputs.flatMap((each) => read(root, each)))
    for (const path of new Set([...before.keys(), ...after.keys()])) {
      const old = before.get(path) ?? null
      const now = after.get(path) ?? null
      if (now === null) problems.push(`the generator ${name} did not write ${path}`)
      if (now === old) continue
      problems.push(`${path} is not what the generator ${name} writes; pnpm fix writes it`)
      restore(join(root, path), old)
    }
    files += after.size
  }
  return { summary: `${files} files of ${all.length} generators`, problems }
}

/** Path and text of a file, or of every file of a folder. A file that is not there has none. */
function read(root: string, path: string): [string, string | null][] {
  const place = join(root, path)
  if (!existsSync(place)) return [[path, null]]
  if (!statSync(place).isDirectory()) return [[path, readFileSync(place, 'utf8')]]
  return readdirSync(place).flatMap((name) => read(root, join(path, name)))
}

function restore(path: string, text: string | null): void {
  if (text === null) return rmSync(path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
