import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly zombie: boolean
}

/** Slim images have no `ps`, and macOS has no /proc. */
function processes(): Process[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => {
        try {
          const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
          const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
          return [{ pid: Number(entry), parent: Number(parent), zombie: state === 'Z' }]
        } catch {
          return [] // It ended while the list was read.
        }
      })
  }
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), zombie: state?.startsWith('Z') === true }
  })
}

/** The direct children of a process: a Postgres backend has none of its own. */
export function childrenOf(pid: number): number[] {
  return processes()
    .filter((process) => process.parent === pid)
    .map((process) => process.pid)
}

/** A zombie does not run: where nothing reaps orphans, it would stay for ever. */
export function isRunning(pid: number): boolean {
  return processes().some((process) => process.pid === pid && !process.zombie)
}

/** Sends a signal; answers false when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
