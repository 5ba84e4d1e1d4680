import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Identity } from './binaries.ts'
import { childrenOf, isRunning, signal } from './process-tree.ts'

/** What only a server of our own can suffer. */
export interface ServerProcess {
  /** Freezes the server and every backend: connections stay open and nothing answers. */
  suspend(): void
  resume(): void
  /** Ends the server and every backend at once, as a crash does; the data directory stays. */
  kill9(): Promise<void>
  /** Starts the server again on the same data and port, with crash recovery if it was killed. */
  restart(): Promise<void>
}

export interface ServerFiles {
  readonly postgres: string
  /** Of this server alone: data, log, and where it is run. */
  readonly directory: string
  readonly data: string
  readonly identity: Identity | null
}

export interface RunningServer extends ServerProcess {
  /** Does something with the files while no process of the server runs. */
  whileFrozen(work: () => void): void
  stop(): Promise<void>
  /** For an exit handler, which can't await: an orderly end frees the shared memory, a killed server leaks it. */
  endNow(): void
}

const START_TIMEOUT_MS = 30_000

/** The environment of every server program. */
export function launchOptions({ directory, identity }: Pick<ServerFiles, 'directory' | 'identity'>) {
  return { cwd: directory, env: { LC_ALL: 'C', TZ: 'UTC' }, ...identity }
}

/** Starts a server on a data directory; resolves when it takes connections. */
export async function startServer(
  files: ServerFiles,
  settings: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const { data, directory } = files
  const log = `${directory}/log`
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: ChildProcess | null = null

  async function run(): Promise<void> {
    const output = openSync(log, 'a')
    // Detached: the terminal's Ctrl-C is for the test run, which then ends the server.
    const child = spawn(files.postgres, ['-D', data, ...flags], {
      ...launchOptions(files),
      detached: true,
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    child.unref()
    server = child
    await once(child, 'spawn')
    const deadline = Date.now() + START_TIMEOUT_MS
    while (!isReady(data, child.pid)) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the embedded Postgres did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`)
      }
      await sleep(20)
    }
  }

  /** The server and all its backends, frozen, so that none of them changes while a signal goes round. */
  function frozen(): number[] {
    const pid = server?.pid
    if (pid === undefined || !signal(pid, 'SIGSTOP')) throw new Error('the embedded Postgres is not running')
    return [pid, ...childrenOf(pid)]
  }

  const suspend = () => frozen().forEach((pid) => signal(pid, 'SIGSTOP'))
  const resume = () => frozen().forEach((pid) => signal(pid, 'SIGCONT'))

  await run().catch((error: unknown) => {
    if (server?.pid !== undefined) signal(server.pid, 'SIGKILL')
    throw error
  })
  return {
    suspend,
    resume,
    async kill9() {
      const pids = frozen()
      for (const pid of pids.toReversed()) signal(pid, 'SIGKILL')
      while (pids.some(isRunning)) await sleep(10)
      // A process that nobody has waited for still counts as one to the next server, which then refuses the lock file.
      while (server?.signalCode === null) await sleep(10)
      server = null
    },
    restart: run,
    whileFrozen(work) {
      suspend()
      try {
        work()
      } finally {
        resume()
      }
    },
    async stop() {
      if (server?.pid === undefined || !isRunning(server.pid)) return
      const pids = frozen()
      for (const pid of pids) signal(pid, 'SIGCONT')
      signal(server.pid, 'SIGQUIT')
      while (pids.some(isRunning)) await sleep(10)
    },
    endNow() {
      if (server?.pid !== undefined) endNow(server.pid, data)
    },
  }
}

/** Postgres says so itself, in the last line of its lock file; the first tells whether it is this server's. */
function isReady(data: string, pid: number | undefined): boolean {
  const file = `${data}/postmaster.pid`
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  // A standby is one that takes reads.
  return Number(lines[0]) === pid && /^(?:ready|standby)$/.test(lines[7]?.trim() ?? '')
}

function endNow(pid: number, data: string): void {
  for (const child of [pid, ...childrenOf(pid)]) signal(child, 'SIGCONT')
  signal(pid, 'SIGQUIT')
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; waited < 3_000 && existsSync(`${data}/postmaster.pid`); waited += 20) {
    Atomics.wait(pause, 0, 0, 20)
  }
  for (const child of [...childrenOf(pid), pid]) signal(child, 'SIGKILL')
}
