import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'

import { serverIdentity } from './binaries.ts'

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
  /** Of this server alone: its data, and where it is run. */
  readonly directory: string
  readonly data: string
}

const START_TIMEOUT_MS = 30_000

/** The environment of every server program. */
export function launchOptions({ directory }: ServerFiles) {
  return { cwd: directory, env: { LC_ALL: 'C', TZ: 'UTC' }, ...serverIdentity() }
}

/** Starts a server on a data directory; resolves when it takes connections. */
export async function startServer(
  files: ServerFiles,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server = await launch(files, flags)

  /** The backends and, frozen first so that it neither starts nor buries one, their parent. */
  function processes(): number[] {
    const { pid } = server.child
    if (pid === undefined || !server.child.kill('SIGSTOP'))
      throw new Error('the embedded Postgres is not running')
    return [...childrenOf(pid), pid]
  }

  return {
    suspend: () => processes().forEach((pid) => process.kill(pid, 'SIGSTOP')),
    resume: () => processes().forEach((pid) => process.kill(pid, 'SIGCONT')),
    async kill9() {
      for (const pid of processes()) process.kill(pid, 'SIGKILL')
      await server.ended
      // Its number may be somebody else's by the time that the keeper reads it.
      rmSync(`${files.data}/postmaster.pid`)
    },
    async restart() {
      server = await launch(files, flags)
    },
  }
}

async function launch(files: ServerFiles, flags: readonly string[]) {
  // Detached: the terminal's Ctrl-C is for the test run, which then ends the server.
  const child = spawn(files.postgres, ['-D', files.data, ...flags], {
    ...launchOptions(files),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // The backends have the pipe of their parent: it closes when the last of them is gone.
  const ended = once(child, 'close')
  const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  let said = ''
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
    // Of a standby: read-only connections.
    if (/ready to accept (?:read-only )?connections/.test(said)) resolve()
  })
  const failed = ended.then(() => {
    throw new Error(`the embedded Postgres did not start:\n${said}`)
  })
  await Promise.race([ready, failed]).finally(() => clearTimeout(late))
  return { child, ended }
}

/** Of a process that is frozen. Slim images have no `pgrep`, and macOS has no /proc. */
function childrenOf(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`
  const children = existsSync(list)
    ? readFileSync(list, 'utf8')
    : execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return (children.match(/\d+/g) ?? []).map(Number)
}
