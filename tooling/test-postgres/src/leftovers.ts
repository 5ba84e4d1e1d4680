import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

import { childrenOf, isRunning, signal } from './process-tree.ts'
import { unmountSmallDisk } from './small-disk.ts'

/** Ends the servers, and removes the data, of test runs on this host that were killed before they could. */
export function sweepLeftovers(): void {
  const prefix = `user-engine-postgres-${hostname()}-`
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    if (isRunning(Number.parseInt(name.slice(prefix.length), 10))) continue
    const directory = join(tmpdir(), name)
    const lock = join(directory, 'data/postmaster.pid')
    if (existsSync(lock)) {
      const pid = Number(readFileSync(lock, 'utf8').split('\n')[0])
      if (commandOf(pid).includes(directory))
        for (const each of [...childrenOf(pid), pid]) signal(each, 'SIGKILL')
    }
    unmountSmallDisk(directory)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The number may belong to somebody else by now, so the command has to name the directory. */
function commandOf(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
