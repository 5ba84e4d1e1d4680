import { execFileSync } from 'node:child_process'
import { chownSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import type { Identity } from './binaries.ts'

/** A file system of its own, in memory and of a few megabytes, for a tablespace. */
export interface SmallDisk {
  readonly folder: string
  /** Takes all that is left of it. */
  fill(): void
  /** Gives that back. */
  free(): void
}

const MEGABYTES = 96
const CHUNKS = [1 << 20, 1 << 12]
/** The bit of CAP_SYS_ADMIN, without which nobody mounts. */
const MOUNTS = 1n << 21n

const diskOf = (directory: string) => join(directory, 'disk')

/** Whether this process may mount: on Linux, as root, unless a container takes the right away. */
export function canMount(): boolean {
  if (process.platform !== 'linux') return false
  const rights = /^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${rights}`) & MOUNTS) !== 0n
}

/** Mounts one below a server's directory. Throws where `canMount` is false. */
export function mountSmallDisk(directory: string, identity: Identity | null): SmallDisk {
  const mounted = diskOf(directory)
  mkdirSync(mounted)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', mounted])
  const folder = join(mounted, 'tablespace')
  mkdirSync(folder, { mode: 0o700 })
  if (identity !== null) chownSync(folder, identity.uid, identity.gid)
  const filler = join(mounted, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a')
      for (const size of CHUNKS) writeUntilFull(file, Buffer.alloc(size))
      closeSync(file)
    },
    free: () => rmSync(filler, { force: true }),
  }
}

/** Before the directory is removed. Nothing where none is mounted. */
export function unmountSmallDisk(directory: string): void {
  if (process.platform !== 'linux') return
  const mounted = diskOf(directory)
  if (readFileSync('/proc/self/mounts', 'utf8').includes(` ${mounted} tmpfs `))
    execFileSync('umount', ['--lazy', mounted])
}

function writeUntilFull(file: number, chunk: Buffer): void {
  try {
    while (writeSync(file, chunk) === chunk.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
