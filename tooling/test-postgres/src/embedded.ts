import { execFile, execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import getPort from 'get-port'

import { findBinaries, giveToServer, type Binaries } from './binaries.ts'
import { dataFolder } from './data-folder.ts'
import { administer } from './databases.ts'
import { whenGone } from './keeper.ts'
import { launchOptions, startServer, type ServerFiles, type ServerProcess } from './server-process.ts'

export interface EmbeddedOptions {
  /**
   * As a provider runs one: what is committed is on disk, and pages have checksums. Off by default, for speed. A commit
   * survives a killed server either way; a lost machine only when durable.
   */
  readonly durable?: boolean
  /** Server settings, e.g. `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A server that can be copied while it runs. */
export interface EmbeddedProcess extends ServerProcess {
  /** A hot standby that streams from this server. It ends with `stop`, before or after this one. */
  startStandby(): Promise<Standby>
}

export interface EmbeddedPostgres {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Of the administrator, at the maintenance database. */
  readonly connectionString: string
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

/** An orderly end frees the shared memory; a killed server leaks it. What still writes to the directory can hold it up. */
const END = `
lock="$1/data/postmaster.pid"
if read -r pid < "$lock" && kill -QUIT "$pid"; then
  kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children" || pgrep -P "$pid")
  tenths=0
  while [ -e "$lock" ] && [ $((tenths += 1)) -le 100 ]; do sleep 0.1; done
  if [ -e "$lock" ]; then kill -KILL "$pid"; fi
fi
tries=0
until rm -rf "$1" || [ $((tries += 1)) -gt 20 ]; do sleep 0.5; done
[ ! -e "$1" ]
`

/** Starts a Postgres from the binaries that npm installed, on a free port, with a data directory that ends with it. */
export async function startEmbeddedPostgres(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const password = crypto.randomUUID()
  const prepare = (files: ServerFiles) => initialise(binaries, files, password, options)
  return start(binaries.postgres, password, options, prepare)
}

async function start(
  postgres: string,
  password: string,
  options: EmbeddedOptions,
  prepare: (files: ServerFiles) => Promise<void> | void,
): Promise<EmbeddedPostgres> {
  const directory = join(
    dataFolder(options.durable === true),
    `user-engine-postgres-${process.pid}-${crypto.randomUUID()}`,
  )
  const files = { postgres, directory, data: join(directory, 'data') }
  const stop = whenGone(END, directory)
  try {
    mkdirSync(directory, { mode: 0o700 })
    giveToServer(directory)
    await prepare(files)
    const port = await getPort({ host: HOST })
    const server = await startServer(files, settingsOf(port, options))
    const embedded: EmbeddedPostgres = {
      host: HOST,
      port,
      user: USER,
      password,
      connectionString: `postgresql://${USER}:${password}@${HOST}:${port}/postgres`,
      process: { ...server, startStandby: () => startStandby(embedded, files, options) },
      stop,
    }
    return embedded
  } catch (error) {
    await stop()
    throw error
  }
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
  { major, initdb }: Binaries,
  files: ServerFiles,
  password: string,
  { durable = false }: EmbeddedOptions,
): Promise<void> {
  const passwordFile = join(files.directory, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  giveToServer(passwordFile)
  const locale =
    major < 17
      ? ['--locale=C.UTF-8']
      : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  // The newest releases have checksums unless they are told otherwise, and those before do not know how to be told.
  const pages = durable ? ['--data-checksums'] : major >= 18 ? ['--no-data-checksums'] : []
  const access = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`]
  // A relative path: once its directory is removed, initdb does not make it anew.
  const flags = ['--pgdata=data', '--no-sync', '--encoding=UTF8', ...locale, ...pages, ...access]
  await promisify(execFile)(initdb, flags, launchOptions(files))
  rmSync(passwordFile)
}

/** The binaries of npm have no pg_basebackup. What a frozen server has written is what it would recover from a crash. */
async function startStandby(
  primary: EmbeddedPostgres,
  from: ServerFiles,
  options: EmbeddedOptions,
): Promise<Standby> {
  const { host, port, user, password } = primary
  const standby = await start(from.postgres, password, options, ({ data }) => {
    primary.process.suspend()
    try {
      execFileSync('cp', ['-a', from.data, data])
    } finally {
      primary.process.resume()
    }
    rmSync(join(data, 'postmaster.pid'))
    writeFileSync(join(data, 'standby.signal'), '')
    giveToServer(join(data, 'standby.signal'))
    appendFileSync(
      join(data, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=${host} port=${port} user=${user} password=${password}'
wal_retrieve_retry_interval = '100ms'
synchronous_standby_names = ''
`,
    )
  })
  return {
    ...standby,
    promote: () =>
      administer(standby, async (admin) => {
        await admin.query('select pg_promote(true, 30)')
      }),
    cutOff: () =>
      administer(standby, async (admin) => {
        await admin.query(`alter system set primary_conninfo = ''`)
        await admin.query('select pg_reload_conf()')
        // What is in the sockets already would still be replayed by a receiver that is only frozen.
        while ((await admin.query('select from pg_stat_wal_receiver')).rowCount !== 0) await sleep(20)
      }),
  }
}
