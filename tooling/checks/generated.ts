import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

/** Runs every generator: what it writes must be there already, to the eyes of git. */
export async function generated(root: string = ROOT): Promise<Outcome> {
  const index = mkdtempSync(join(tmpdir(), 'user-engine-index-'))
  const env = { ...process.env, GIT_INDEX_FILE: join(index, 'index') }
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, env, encoding: 'utf8' }).trim()
  const tree = () => {
    git('add', '--all')
    return git('write-tree')
  }
  try {
    const before = tree()
    const runs = await generate(root)
    const changed = git('diff-tree', '-r', '--name-only', before, tree()).split('\n').filter(Boolean)
    const problems = [
      ...runs.filter(({ ok }) => !ok).map(({ path, output }) => `${path} failed:\n${output}`),
      ...changed.map((path) => `${path} was not what its generator writes; now it is: commit it`),
    ]
    return { summary: `${runs.length} generators`, problems }
  } finally {
    rmSync(index, { recursive: true })
  }
}
