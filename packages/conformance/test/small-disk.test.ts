import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { expect, it } from 'vitest'

import { startOwnServer } from './own-server.ts'
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
