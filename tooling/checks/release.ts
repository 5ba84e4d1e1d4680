import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Manifest } from './manifests.ts'
import { ROOT } from './repository.ts'

const PACKAGES = readdirSync(join(ROOT, 'packages'))

/** A release in a copy of the last commit: one changeset moves all packages, and each packs as it will be published. */
function rehearse(folder: string): void {
  const copy = join(folder, 'copy')
  const packed = join(folder, 'packed')
  const inCopy = (tool: string, ...args: string[]) =>
    execFileSync(tool, args, { cwd: copy, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  const manifest = (name: string) =>
    JSON.parse(readFileSync(join(copy, 'packages', name, 'package.json'), 'utf8')) as Manifest

  execFileSync('git', ['clone', '--quiet', ROOT, copy])
  inCopy('pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
  const before = manifest('store').version ?? 'none'
  writeFileSync(
    join(copy, '.changeset/rehearsal.md'),
    "---\n'@user-engine/store': minor\n---\n\nA rehearsal.\n",
  )
  inCopy('pnpm', 'exec', 'changeset', 'version')
  const versions = new Set(PACKAGES.map((name) => manifest(name).version ?? 'none'))
  const [version] = versions
  if (versions.size !== 1 || version === before)
    throw new Error(`the versions went from ${before} to ${[...versions].join(', ')}`)

  inCopy('pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
  inCopy('pnpm', 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only')
  inCopy('pnpm', '--recursive', '--filter', './packages/*', 'pack', '--pack-destination', packed)
  for (const name of PACKAGES) {
    const tarball = join(packed, `user-engine-${name}-${version}.tgz`)
    const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
    const left = /"(?:workspace|catalog):[^"]*"|"@user-engine\/source":/.exec(text)
    if (left !== null) throw new Error(`${tarball} still says ${left[0]}`)
    for (const file of [
      'package/README.md',
      'package/LICENSE',
      'package/dist/index.js',
      'package/dist/index.d.ts',
    ]) {
      if (!files.includes(file)) throw new Error(`${tarball} has no ${file}`)
    }
    console.log(`ok   @user-engine/${name} ${before} -> ${version}, ${files.length} files`)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'user-engine-release-'))
try {
  rehearse(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
