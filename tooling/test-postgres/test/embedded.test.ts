import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { dataFolder } from '../src/data-folder.ts'
import { startTestPostgres, type TestPostgres } from '../src/index.ts'

let server: TestPostgres

beforeAll(async () => {
  server = await startTestPostgres({ kind: 'embedded', durable: true })
})
afterAll(() => server.stop())

async function open(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  client.on('error', () => {}) // A killed server ends its connections.
  await client.connect()
  return client
}

function directoriesOf(pid: number): string[] {
  const folders = new Set([dataFolder(false), dataFolder(true)])
  return [...folders]
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => name.startsWith('user-engine-postgres-') && name.includes(`-${pid}-`))
}

it('keeps what was committed through kill -9, and nothing else', async () => {
  const { connectionString } = await server.createDatabase('killed')
  const client = await open(connectionString)
  await client.query('CREATE TABLE kept (id int)')
  await client.query('INSERT INTO kept VALUES (1)')
  await client.query('BEGIN')
  await client.query('INSERT INTO kept VALUES (2)')
  await server.process?.kill9()
  await expect(open(connectionString)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.process?.restart()
  const again = await open(connectionString)
  expect((await again.query('SELECT id FROM kept')).rows).toEqual([{ id: 1 }])
  await again.end()
})

it('freezes with its connections open, and goes on', async () => {
  const client = await open(server.connectionString)
  server.process?.suspend()
  const answer = client.query('SELECT 1 AS one')
  const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'frozen'))])
  expect(first).toBe('frozen')
  server.process?.resume()
  expect((await answer).rows).toEqual([{ one: 1 }])
  await client.end()
})

it('clones a template', async () => {
  const template = await server.createDatabase('template')
  const client = await open(template.connectionString)
  await client.query('CREATE TABLE cloned (id int)')
  await client.end()
  const clone = await server.createDatabase('clone', { template })
  const check = await open(clone.connectionString)
  expect((await check.query('SELECT * FROM cloned')).rows).toEqual([])
  await check.end()
  await server.dropDatabase(clone)
  await expect(open(clone.connectionString)).rejects.toMatchObject({ code: '3D000' })
})

it('wants a password', async () => {
  const url = new URL(server.connectionString)
  url.password = 'another'
  await expect(open(url.href)).rejects.toMatchObject({ code: '28P01' })
})

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'leaves nothing behind when its process ends by %s, though the server is frozen',
  async (signal) => {
    const { child, pid } = start(`
      const { connectionString, process } = await startTestPostgres({ kind: 'embedded' })
      process.suspend()
      console.log(connectionString)`)
    const [connectionString] = (await once(createInterface(child.stdout), 'line')) as [string]
    expect(directoriesOf(pid)).toHaveLength(1)
    child.kill(signal)
    expect((await once(child, 'exit'))[1]).toBe(signal)
    await expect.poll(() => directoriesOf(pid), { timeout: 10_000 }).toEqual([])
    await expect(open(connectionString)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  },
)

it('leaves nothing behind when its process is killed before the server is there', async () => {
  const { child, pid } = start(`void startTestPostgres({ kind: 'embedded' })`)
  await expect.poll(() => directoriesOf(pid), { timeout: 10_000, interval: 10 }).toHaveLength(1)
  child.kill('SIGKILL')
  await expect.poll(() => directoriesOf(pid), { timeout: 10_000 }).toEqual([])
})

/** Another process, which can be killed. */
function start(program: string) {
  const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))
  const imports = `const { startTestPostgres } = await import(${JSON.stringify(index)})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', `${imports}\n${program}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, pid: child.pid ?? 0 }
}

it.each(['kill9', 'suspend'] as const)('can be stopped after %s', async (fault) => {
  const others = directoriesOf(process.pid)
  const { process: faulty, stop } = await startTestPostgres({ kind: 'embedded' })
  await faulty?.[fault]()
  await stop()
  expect(directoriesOf(process.pid)).toEqual(others)
})

it('has a standby that follows it, and takes writes once it is promoted', async () => {
  const { process: primary } = server
  if (primary === null) throw new Error('It is embedded.')
  const client = await open(server.connectionString)
  await client.query('CREATE TABLE followed (id int)')
  const standby = await primary.startStandby()
  await client.query('INSERT INTO followed VALUES (1)')
  const url = new URL(server.connectionString)
  url.port = String(standby.port)
  const reader = await open(url.href)
  const rows = async () => (await reader.query<{ id: number }>('SELECT id FROM followed')).rows
  await expect.poll(rows).toEqual([{ id: 1 }])
  await expect(reader.query('INSERT INTO followed VALUES (2)')).rejects.toMatchObject({ code: '25006' })
  await standby.promote()
  await reader.query('INSERT INTO followed VALUES (2)')
  expect(await rows()).toEqual([{ id: 1 }, { id: 2 }])
  await Promise.all([client.end(), reader.end()])
  await standby.stop()
})
