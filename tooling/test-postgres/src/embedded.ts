import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { findBinaries, serverIdentity } from './binaries.ts'
import { cleanUpOnExit } from './exit.ts'
import { sweepLeftovers } from './leftovers.ts'
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

export interface EmbeddedOptions {
  /** Off by default, for speed. A commit survives a killed server either way; a lost machine only when durable. */
  readonly durable?: boolean
  /** Server settings, e.g. `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedPostgres {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly process: ServerProcess
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
const USER = 'test_admin'
const START_TIMEOUT_MS = 30_000

/** Starts a Postgres from the binaries that npm installed, on a free port, with a data directory that ends with it. */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  sweepLeftovers()
  const identity = serverIdentity()
  const binaries = await findBinaries(identity)
  const directory = mkdtempSync(join(tmpdir(), `user-engine-postgres-${hostname()}-${process.pid}-`))
  const data = join(directory, 'data')
  const log = join(directory, 'log')
  const password = crypto.randomUUID()
  const launch = { cwd: directory, env: { LC_ALL: 'C', TZ: 'UTC' }, ...identity }
  let server: ChildProcess | null = null

  const release = cleanUpOnExit(() => {
    if (server?.pid !== undefined) endNow(server.pid, data)
    rmSync(directory, { recursive: true, force: true })
  })

  async function initialise(): Promise<void> {
    const passwordFile = join(directory, 'password')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (identity !== null)
      for (const path of [directory, passwordFile]) chownSync(path, identity.uid, identity.gid)
    const locale =
      binaries.major < 17
        ? ['--locale=C.UTF-8']
        : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const flags = ['--no-sync', '--encoding=UTF8', ...locale]
    const access = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`]
    await promisify(execFile)(binaries.initdb, [`--pgdata=${data}`, ...flags, ...access], launch)
    rmSync(passwordFile)
  }

  async function run(port: number): Promise<void> {
    const settings: Record<string, string> = {
      listen_addresses: HOST,
      port: String(port),
      unix_socket_directories: '',
      max_connections: '200',
      ...(options.durable === true ? {} : { fsync: 'off', full_page_writes: 'off' }),
      ...options.settings,
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const output = openSync(log, 'a')
    // Detached: the terminal's Ctrl-C is for the test run, which then ends the server.
    const child = spawn(binaries.postgres, ['-D', data, ...flags], {
      ...launch,
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

  async function end(pids: readonly number[], name: NodeJS.Signals): Promise<void> {
    for (const pid of pids.toReversed()) signal(pid, name)
    while (pids.some(isRunning)) await sleep(10)
    server = null
  }

  async function stop(): Promise<void> {
    if (server?.pid !== undefined && isRunning(server.pid)) {
      const pids = frozen()
      for (const pid of pids) signal(pid, 'SIGCONT')
      if (server.pid !== undefined) signal(server.pid, 'SIGQUIT')
      while (pids.some(isRunning)) await sleep(10)
    }
    release()
    rmSync(directory, { recursive: true, force: true })
  }

  try {
    await initialise()
    const port = await freePort()
    await run(port)
    return {
      host: HOST,
      port,
      user: USER,
      password,
      process: {
        suspend: () => frozen().forEach((pid) => signal(pid, 'SIGSTOP')),
        resume: () => frozen().forEach((pid) => signal(pid, 'SIGCONT')),
        kill9: () => end(frozen(), 'SIGKILL'),
        restart: () => run(port),
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Postgres says so itself, in the last line of its lock file; the first tells whether it is this server's. */
function isReady(data: string, pid: number | undefined): boolean {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

/** For an exit handler, which can't await: an orderly end frees the shared memory, a killed server leaks it. */
function endNow(pid: number, data: string): void {
  for (const child of [pid, ...childrenOf(pid)]) signal(child, 'SIGCONT')
  signal(pid, 'SIGQUIT')
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; waited < 3_000 && existsSync(join(data, 'postmaster.pid')); waited += 20) {
    Atomics.wait(pause, 0, 0, 20)
  }
  for (const child of [...childrenOf(pid), pid]) signal(child, 'SIGKILL')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
