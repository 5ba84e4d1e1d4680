import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { findBinaries, serverIdentity, type Binaries } from './binaries.ts'
import { administer } from './databases.ts'
import { cleanUpOnExit } from './exit.ts'
import { sweepLeftovers } from './leftovers.ts'
import {
  launchOptions,
  startServer,
  type RunningServer,
  type ServerFiles,
  type ServerProcess,
} from './server-process.ts'
import { canMount, mountSmallDisk, unmountSmallDisk, type SmallDisk } from './small-disk.ts'

export type { ServerProcess }

export interface EmbeddedOptions {
  /**
   * As a provider runs one: what is committed is on disk, and pages have checksums. Off by default, for speed. A commit
   * survives a killed server either way; a lost machine only when durable.
   */
  readonly durable?: boolean
  /** Server settings, e.g. `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** A tablespace that can be filled, where this process may mount one. */
  readonly smallDisk?: boolean
}

/** A server that can be copied while it runs. */
export interface EmbeddedProcess extends ServerProcess {
  /** A hot standby that streams from this server. It ends with `stop`, before or after this one. */
  startStandby(): Promise<Standby>
  /** Null where it was not asked for, or can not be. */
  readonly disk: (Pick<SmallDisk, 'fill' | 'free'> & { readonly tablespace: string }) | null
}

export interface EmbeddedPostgres {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly process: EmbeddedProcess
  stop(): Promise<void>
}

export interface Standby extends EmbeddedPostgres {
  /** Makes it a primary, on a timeline of its own. */
  promote(): Promise<void>
  /** From now on it hears nothing of what its primary commits. */
  cutOff(): Promise<void>
}

const HOST = '127.0.0.1'
const USER = 'test_admin'

/** Starts a Postgres from the binaries that npm installed, on a free port, with a data directory that ends with it. */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  sweepLeftovers()
  const identity = serverIdentity()
  const binaries = await findBinaries(identity)
  const files = newFiles(binaries, identity)
  const password = crypto.randomUUID()
  return start(files, password, options, () => initialise(binaries, files, password, options))
}

function newFiles({ postgres }: Pick<Binaries, 'postgres'>, identity: ServerFiles['identity']): ServerFiles {
  const directory = mkdtempSync(join(tmpdir(), `user-engine-postgres-${hostname()}-${process.pid}-`))
  if (identity !== null) chownSync(directory, identity.uid, identity.gid)
  return { postgres, directory, data: join(directory, 'data'), identity }
}

async function start(
  files: ServerFiles,
  password: string,
  options: EmbeddedOptions,
  prepare: () => Promise<void> | void,
): Promise<EmbeddedPostgres> {
  const { directory } = files
  let server: RunningServer | null = null
  const release = cleanUpOnExit(() => {
    server?.endNow()
    remove(directory)
  })
  async function stop(): Promise<void> {
    await server?.stop()
    release()
    remove(directory)
  }
  try {
    await prepare()
    const port = await freePort()
    const running = await startServer(files, settingsOf(port, options))
    server = running
    const here = { host: HOST, port, user: USER, password }
    const { suspend, resume, kill9, restart } = running
    const standby = () => startStandby(running, files, here, options)
    const disk = options.smallDisk === true && canMount() ? await createTablespace(files, here) : null
    return { ...here, process: { suspend, resume, kill9, restart, startStandby: standby, disk }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function remove(directory: string): void {
  unmountSmallDisk(directory)
  rmSync(directory, { recursive: true, force: true })
}

async function createTablespace({ directory, identity }: ServerFiles, origin: Origin) {
  const { folder, fill, free } = mountSmallDisk(directory, identity)
  const tablespace = 'small_disk'
  await administer(addressOf(origin), async (admin) => {
    await admin.query(`create tablespace ${tablespace} location '${folder}'`)
  })
  return { tablespace, fill, free }
}

function settingsOf(port: number, { durable = false, settings }: EmbeddedOptions): Record<string, string> {
  return {
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...settings,
  }
}

async function initialise(
  binaries: Binaries,
  files: ServerFiles,
  password: string,
  { durable = false }: EmbeddedOptions,
): Promise<void> {
  const { directory, data, identity } = files
  const passwordFile = join(directory, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity !== null) chownSync(passwordFile, identity.uid, identity.gid)
  const locale =
    binaries.major < 17
      ? ['--locale=C.UTF-8']
      : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  // The newest releases have checksums unless they are told otherwise, and those before do not know how to be told.
  const pages = durable ? ['--data-checksums'] : binaries.major >= 18 ? ['--no-data-checksums'] : []
  const flags = ['--no-sync', '--encoding=UTF8', ...locale, ...pages]
  const access = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`]
  const all = [`--pgdata=${data}`, ...flags, ...access]
  await promisify(execFile)(binaries.initdb, all, launchOptions(files))
  rmSync(passwordFile)
}

type Origin = Pick<EmbeddedPostgres, 'host' | 'port' | 'user' | 'password'>

const addressOf = ({ host, port, user, password }: Origin) => ({
  connectionString: `postgresql://${user}:${password}@${host}:${port}/postgres`,
})

/** The binaries of npm have no pg_basebackup. What a frozen server has written is what it would recover from a crash. */
async function startStandby(
  primary: RunningServer,
  from: ServerFiles,
  origin: Origin,
  options: EmbeddedOptions,
): Promise<Standby> {
  const { postgres, identity } = from
  const files = newFiles({ postgres }, identity)
  const { data } = files
  const standby = await start(files, origin.password, { ...options, smallDisk: false }, () => {
    primary.whileFrozen(() => execFileSync('cp', ['-a', from.data, data]))
    rmSync(join(data, 'postmaster.pid'))
    writeFileSync(join(data, 'standby.signal'), '')
    const { host, port, user, password } = origin
    appendFileSync(
      join(data, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=${host} port=${port} user=${user} password=${password}'
wal_retrieve_retry_interval = '100ms'
synchronous_standby_names = ''
`,
    )
    if (identity !== null) chownSync(join(data, 'standby.signal'), identity.uid, identity.gid)
  })
  return {
    ...standby,
    promote: () =>
      administer(addressOf(standby), async (admin) => {
        await admin.query('select pg_promote(true, 30)')
      }),
    cutOff: () =>
      administer(addressOf(standby), async (admin) => {
        await admin.query(`alter system set primary_conninfo = ''`)
        await admin.query('select pg_reload_conf()')
        // What is in the sockets already would still be replayed by a receiver that is only frozen.
        while ((await admin.query('select from pg_stat_wal_receiver')).rowCount !== 0) await sleep(20)
      }),
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
