import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { giveToServer, whenGone } from '@user-engine/test-postgres'
import { Client } from 'pg'

/** A file system of its own, in memory and of a few megabytes, with a tablespace on it. */
export interface SmallDisk {
  readonly folder: string
  readonly tablespace: string
  /** Takes all that is left of it. */
  fill(): void
  /** Gives that back. */
  free(): void
  /** It ends with this process if not before. */
  unmount(): Promise<void>
}

const MEGABYTES = 96
const CHUNKS = [1 << 20, 1 << 12]
/** The bit of CAP_SYS_ADMIN, without which nobody mounts. */
const MOUNTS = 1n << 21n

/** Whether this process may mount: on Linux, as root, unless a container takes the right away. */
export function canMount(): boolean {
  if (process.platform !== 'linux') return false
  const rights = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${rights}`) & MOUNTS) !== 0n
}

/** Mounts one for a server on this machine. Throws where `canMount` is false. */
export async function mountSmallDisk(connectionString: string): Promise<SmallDisk> {
  const mounted = join(tmpdir(), `user-engine-small-disk-${crypto.randomUUID()}`)
  const unmount = whenGone('umount -l "$1"; rmdir "$1"', mounted)
  mkdirSync(mounted)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', mounted])
  const folder = join(mounted, 'tablespace')
  mkdirSync(folder, { mode: 0o700 })
  giveToServer(folder)
  const tablespace = 'small_disk'
  const admin = new Client({ connectionString })
  await admin.connect()
  await admin.query(`create tablespace ${tablespace} location '${folder}'`)
  await admin.end()
  const filler = join(mounted, 'filler')
  return {
    folder,
    tablespace,
    fill() {
      const file = openSync(filler, 'a')
      for (const size of CHUNKS) writeUntilFull(file, Buffer.alloc(size))
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
    unmount,
  }
}

function writeUntilFull(file: number, chunk: Buffer): void {
  try {
    while (writeSync(file, chunk) === chunk.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
