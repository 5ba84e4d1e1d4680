import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { expect, it } from 'vitest'

import { startOwnServer } from './own-server.ts'
import { createStoreTarget } from './postgres-target.ts'
import { canMount } from './small-disk.ts'

it.runIf(canMount())('has a tablespace that can be filled, and goes on when there is room', async () => {
  const server = await startOwnServer()
  const { disk } = server.own
  const client = new Client({ connectionString: server.connectionString })
  await client.connect()
  await client.query(`CREATE TABLE large (text text) TABLESPACE ${disk?.tablespace}`)
  const insert = () =>
    client.query(`INSERT INTO large SELECT repeat('x', 1000) FROM generate_series(1, 1000)`)
  await insert()
  disk?.fill()
  await expect(insert()).rejects.toMatchObject({ code: '53100' })
  await client.query('CREATE TABLE elsewhere (id int)')
  disk?.free()
  await insert()
  await client.end()
  await server.stop()
})

it.runIf(canMount())('is unmounted when its process is killed', async () => {
  const file = fileURLToPath(new URL('own-server.ts', import.meta.url))
  const program = `
    const { startOwnServer } = await import(${JSON.stringify(file)})
    const { own } = await startOwnServer()
    own.disk.fill()
    console.log(own.disk.folder)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [folder] = (await once(createInterface(child.stdout), 'line')) as [string]
  expect(existsSync(folder)).toBe(true)
  child.kill('SIGKILL')
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
})

it.runIf(canMount())(
  'keeps nothing of a database that was made or dropped when its server crashed',
  async () => {
    const server = await startOwnServer()
    const target = await createStoreTarget(server, server.own)
    const folder = server.own.disk?.folder ?? ''
    const universe = (id: string) => ({ id, signal: new AbortController().signal })
    const kept = () => readdirSync(folder).flatMap((version) => readdirSync(join(folder, version)))
    for (let round = 0; round < 6; round += 1) {
      const before = await target.open(universe('before'))
      await target.destroy(before)
      const instance = await target.open(universe('crashed'))
      await target.faults?.crash?.(instance)
      await target.destroy(instance)
    }
    const last = await target.open(universe('last'))
    // Its own, and the spare one.
    await expect.poll(() => kept().length, { timeout: 10_000 }).toBeLessThanOrEqual(2)
    await target.destroy(last)
    await target.dispose()
    expect(kept()).toEqual([])
    await server.stop()
  },
  60_000,
)
