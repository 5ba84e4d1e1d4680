import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Outcome } from './outcome.ts'
import { listFiles, ROOT, run, type Run } from './repository.ts'

/** A generate.ts at the head of a package writes files which are committed. */
export async function generate(root: string = ROOT): Promise<readonly (Run & { readonly path: string })[]> {
  const runs = []
  for (const path of listFiles(root).filter((name) => /^\w+\/[\w-]+\/generate\.ts$/.test(name)))
    runs.push({ path, ...(await run('node', ['--conditions=@user-engine/source', path], root)) })
  return runs
}

/** Runs every generator: what it writes must be there already. */
export async function generated(root: string = ROOT): Promise<Outcome> {
  const read = () => new Map(listFiles(root).map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  const before = read()
  const runs = await generate(root)
  const after = read()
  const paths = new Set([...before.keys(), ...after.keys()])
  const changed = [...paths].filter((path) => before.get(path) !== after.get(path))
  const problems = [
    ...runs.filter(({ ok }) => !ok).map(({ path, output }) => `${path} failed:\n${output}`),
    ...changed.map((path) => `${path} was not what its generator writes; now it is: commit it`),
  ]
  return { summary: `${runs.length} generators`, problems }
}
