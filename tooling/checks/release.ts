import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Manifest } from './manifests.ts'
import { listPackages, ROOT } from './repository.ts'

/** A release in a copy of the last commit: one changeset moves all packages, and each packs as it will be published. */
function rehearse(copy: string): void {
  const inCopy = (tool: string, ...args: string[]) =>
    execFileSync(tool, args, { cwd: copy, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  const versionOf = (folder: string) =>
    (JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')) as Manifest).version ?? 'none'

  execFileSync('git', ['clone', '--quiet', ROOT, copy])
  inCopy('pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
  const before = versionOf('packages/store')
  const changeset = "---\n'@user-engine/store': minor\n---\n\nA rehearsal.\n"
  writeFileSync(join(copy, '.changeset/rehearsal.md'), changeset)
  inCopy('pnpm', 'exec', 'changeset', 'version')
  const versions = [...new Set(listPackages('packages').map(versionOf))]
  if (versions.length !== 1 || versions[0] === before)
    throw new Error(`the versions went from ${before} to ${versions.join(', ')}`)
  console.log(`ok   versions   ${before} -> ${versions[0]}`)

  inCopy('pnpm', 'install', '--frozen-lockfile', '--prefer-offline')
  console.log(inCopy('node', 'tooling/checks/main.ts', 'packages').trim())
}

const folder = mkdtempSync(join(tmpdir(), 'user-engine-release-'))
try {
  rehearse(join(folder, 'copy'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
