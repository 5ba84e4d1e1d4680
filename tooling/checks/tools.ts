import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Outcome } from './outcome.ts'
import { listPackages, ROOT, run, type Run } from './repository.ts'

/** Passes when the tool does and its own count, matched by `counted`, is there. */
function judge({ ok, output }: Run, counted: RegExp): Outcome {
  const summary = counted.exec(output)?.[0] ?? 'no count in the output'
  return { summary, problems: ok && counted.test(output) ? [] : [output] }
}

export async function types(): Promise<Outcome> {
  const projects = [...listPackages('packages', 'apps'), 'tooling'].filter((folder) =>
    existsSync(join(ROOT, folder, 'tsconfig.json')),
  )
  let files = 0
  const problems: string[] = []
  for (const project of projects) {
    const { ok, output } = await run('tsc', ['--project', project, '--listFiles', '--pretty', 'false'])
    const lines = output.split('\n')
    const own = lines.filter((line) => line.startsWith(`${ROOT}/`) && !line.includes('/node_modules/'))
    files += own.filter((line) => line.startsWith(`${ROOT}/${project}/`)).length
    if (!ok) problems.push(lines.filter((line) => !line.startsWith('/')).join('\n'))
    else if (own.length === 0) problems.push(`${project} has no sources`)
  }
  return { summary: `${files} files in ${projects.length} projects`, problems }
}

export async function lint(): Promise<Outcome> {
  return judge(await run('oxlint', ['--type-aware', '--deny-warnings']), /\d+ files with \d+ rules/)
}

export async function format(): Promise<Outcome> {
  return judge(await run('oxfmt', ['--check']), /\d+ files(?= using)/)
}

export async function boundaries(): Promise<Outcome> {
  const config = 'tooling/checks/dependency-cruiser.config.mjs'
  return judge(
    await run('depcruise', ['--config', config, 'packages', 'apps', 'tooling']),
    /\d+ modules, \d+ dependencies/,
  )
}

/** What would be published, as it would be: publint and arethetypeswrong judge the packed tarballs. */
export async function packages(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'user-engine-pack-'))
  const pack = ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder]
  try {
    for (const made of [
      await run('turbo', ['run', 'build', '--output-logs=errors-only']),
      await run('pnpm', pack),
    ])
      if (!made.ok) return { summary: 'nothing was packed', problems: [made.output] }
    const tarballs = readdirSync(folder)
    const problems: string[] = []
    for (const tarball of tarballs) {
      const path = join(folder, tarball)
      const judges = [
        await run('publint', ['run', path, '--strict']),
        await run('attw', [path, '--profile', 'esm-only', '--no-emoji', '--no-color']),
        await contents(path),
      ]
      for (const { ok, output } of judges) if (!ok) problems.push(`${tarball}\n${output}`)
    }
    const missing = listPackages('packages').length - tarballs.length
    if (missing !== 0) problems.push(`${missing} packages were not packed`)
    return { summary: `${tarballs.length} tarballs, by publint and arethetypeswrong`, problems }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The files that every package has, and none of the words that only this workspace understands. */
async function contents(tarball: string): Promise<Run> {
  const files = (await run('tar', ['-tzf', tarball])).output.split('\n')
  const manifest = (await run('tar', ['-xzOf', tarball, 'package/package.json'])).output
  const problems = ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']
    .filter((name) => !files.includes(`package/${name}`))
    .map((name) => `there is no ${name}`)
  const left = /"(?:workspace|catalog):[^"]*"|"@user-engine\/source":/.exec(manifest)
  if (left !== null) problems.push(`the manifest still says ${left[0]}`)
  return { ok: problems.length === 0, output: problems.join('\n') }
}
