import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os'

/** CPU used so far, in seconds. Null where the system does not tell. */
export interface Cpu {
  readonly client: number
  readonly server: number | null
  readonly machine: number | null
}

const TICKS = 100 // USER_HZ, fixed for every Linux program.

export function readCpu(serverPid: number): Cpu {
  const { user, system } = process.cpuUsage()
  return { client: (user + system) / 1e6, server: serverCpu(serverPid), machine: machineCpu() }
}

export function usedBetween(before: Cpu, after: Cpu) {
  const used = (name: 'server' | 'machine') => {
    const [from, to] = [before[name], after[name]]
    return from === null || to === null ? null : to - from
  }
  const clientSeconds = after.client - before.client
  const serverSeconds = used('server')
  const machineSeconds = used('machine')
  const othersSeconds =
    machineSeconds === null || serverSeconds === null
      ? null
      : Math.max(0, machineSeconds - serverSeconds - clientSeconds)
  return { clientSeconds, serverSeconds, othersSeconds }
}

/** Of the postmaster, of its children, and of those that have ended. */
function serverCpu(postmaster: number): number | null {
  if (!existsSync('/proc/self/stat')) return null
  let ticks = 0
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const fields = statOf(pid)
    if (fields === null) continue
    const [, parent] = fields
    const own = Number(fields[11]) + Number(fields[12])
    if (Number(pid) === postmaster) ticks += own + Number(fields[13]) + Number(fields[14])
    else if (Number(parent) === postmaster) ticks += own
  }
  return ticks / TICKS
}

/** What follows the name of the program, from the state on (proc(5)). */
function statOf(pid: string): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null // It has ended meanwhile.
  }
}

function machineCpu(): number | null {
  if (!existsSync('/proc/stat')) return null
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number)
  return (user + nice + system + irq + softirq) / TICKS
}

/** What a reader has to know of the machine to repeat a run. */
export function describeMachine(): Readonly<Record<string, string>> {
  const [cpu] = cpus()
  return {
    cpu: `${availableParallelism()} x ${cpu?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${release()}`,
    node: process.version,
    commit:
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', ...APART) === '' ? '' : ' and changes'),
  }
}

/** What a run writes itself. */
const APART = ['--', ':/', ':/!docs/performance.md', ':/!tooling/bench/results.json']

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { encoding: 'utf8' }).trim()
}
