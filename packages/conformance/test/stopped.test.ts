import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { testPostgres } from '@user-engine/test-postgres/vitest'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'

import { cli, fixtures, run, source } from './child.ts'

const server = testPostgres()

/** Other runs are on the server at the same time: what this one has made is known by its owner. */
async function withOwner(test: (admin: Client, owner: string) => Promise<void>): Promise<void> {
  const { host, port, adminUser: user, adminPassword: password } = server
  const admin = new Client({ host, port, user, password, database: 'postgres' })
  const owner = `stopped_${crypto.randomUUID().slice(0, 8)}`
  await admin.connect()
  try {
    await admin.query(`create role ${owner} superuser login password '${owner}'`)
    await test(admin, owner)
    await admin.query(`drop role ${owner}`)
  } finally {
    await admin.end()
  }
}

async function databasesOf(admin: Client, owner: string): Promise<readonly string[]> {
  const { rows } = await admin.query<{ name: string }>(
    'select datname as name from pg_database where pg_get_userbyid(datdba) = $1',
    [owner],
  )
  return rows.map(({ name }) => name)
}

describe('a run on Postgres that is stopped in the middle', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s leaves no database behind', { timeout: 60_000 }, (signal) =>
    withOwner(async (admin, owner) => {
      const child = spawn(
        process.execPath,
        [source, cli, 'run', join(fixtures, 'postgres.config.ts'), '--only', 'UE-TRANSACTION-002'],
        {
          env: {
            PATH: process.env['PATH'],
            SERVER: JSON.stringify({ ...server, adminUser: owner, adminPassword: owner }),
          },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const ended = once(child, 'close')
      // The template, and what the first case has opened.
      while ((await databasesOf(admin, owner)).length < 2 && child.exitCode === null);
      child.kill(signal)
      const [code] = (await ended) as [number | null]
      expect(output).toContain(`INVALID: stopped by ${signal}`)
      expect(code).toBe(3)
      expect(await databasesOf(admin, owner)).toEqual([])
    }),
  )
})

it('a run that is stopped says no more than that, however soon its cases end', async () => {
  const config = join(fixtures, 'stopped.config.ts')
  const folder = await mkdtemp(join(tmpdir(), 'stopped-'))
  const { code, output } = await run([source, cli, 'run', config, '--only', 'UE-RECORD-001'], {}, folder)
  expect(code).toBe(3)
  expect(output.trimEnd()).toMatch(/INVALID: stopped by SIGTERM$/)
  expect(await readdir(folder)).toEqual([])
  await rmdir(folder)
})
