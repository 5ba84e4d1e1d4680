import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const BINARY = '/usr/sbin/pgbouncer'

/** Debian's package; `.ci/run` installs it. */
export const hasPgbouncer = existsSync(BINARY)

export interface Pgbouncer {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

interface Credentials {
  readonly user: string
  readonly password: string
}

/** PgBouncer, in transaction mode unless the settings say otherwise, in front of a server, for these logins and any database. */
export async function startPgbouncer(
  { host, port }: { readonly host: string; readonly port: number },
  logins: readonly Credentials[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Pgbouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'))
  const listen = await freePort()
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(users, logins.map(({ user, password }) => `"${user}" "${password}"\n`).join(''))
  writeFileSync(
    config,
    `[databases]
* = host=${host} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = transaction
default_pool_size = 8
max_client_conn = 1000
server_idle_timeout = 3
ignore_startup_parameters = extra_float_digits
${Object.entries(settings)
  .map(([name, value]) => `${name} = ${value}\n`)
  .join('')}`,
  )
  const root = process.getuid?.() === 0
  if (root) {
    // It refuses to run as root.
    const id = (of: 'u' | 'g') => Number(execFileSync('id', [`-${of}`, 'postgres'], { encoding: 'utf8' }))
    for (const path of [folder, users, config]) chownSync(path, id('u'), id('g'))
  }
  const child = spawn(BINARY, ['-q', ...(root ? ['-u', 'postgres'] : []), config], { stdio: 'ignore' })
  const ended = once(child, 'close')
  for (let attempt = 0; !(await answers(listen)); attempt += 1) {
    if (child.exitCode !== null || attempt > 100) throw new Error('PgBouncer does not start.')
    await wait(50)
  }
  return {
    host: '127.0.0.1',
    port: listen,
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const outcome = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return outcome
}
