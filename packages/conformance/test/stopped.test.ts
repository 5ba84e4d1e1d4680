import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { testPostgres } from '@user-engine/test-postgres/vitest'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'

import { cli, fixtures, source } from './child.ts'

const server = testPostgres()

/** Databases and roles that a run has made, by the one that it has named them after. */
async function leftOf(run: string): Promise<readonly string[]> {
  const { host, port, adminUser: user, adminPassword: password } = server
  const client = new Client({ host, port, user, password, database: 'postgres' })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1)',
    [run],
  )
  await client.end()
  return rows.map(({ name }) => name)
}

describe('a run on Postgres that is stopped in the middle', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s leaves no database behind',
    { timeout: 60_000 },
    async (signal) => {
      const before = new Set(await leftOf('uec_'))
      const child = spawn(
        process.execPath,
        [source, cli, 'run', join(fixtures, 'postgres.config.ts'), '--only', 'UE-TRANSACTION-002'],
        {
          env: { PATH: process.env['PATH'], SERVER: JSON.stringify(server) },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const ended = once(child, 'close')
      let made: readonly string[] = []
      while (made.length < 2 && child.exitCode === null) {
        made = (await leftOf('uec_')).filter((name) => !before.has(name))
      }
      child.kill(signal)
      const [code] = (await ended) as [number | null]
      expect(output).toContain(`INVALID: stopped by ${signal}`)
      expect(code).toBe(3)
      const left = await leftOf('uec_')
      expect(made.filter((name) => left.includes(name))).toEqual([])
      const [run = ''] = made.map((name) => name.slice(0, 'uec_12345678'.length))
      expect(left.filter((name) => name.startsWith(run))).toEqual([])
    },
  )
})
