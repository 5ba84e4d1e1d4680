import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { directoryScope } from '@user-engine/store'
import { giveToServer, startTestPostgres, type TestPostgres } from '@user-engine/test-postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'

import type { Handoff } from '../src/handoff.ts'
import { createPostgresStore } from '../src/index.ts'
import { migrate } from '../src/migrate.ts'
import { handoffOf } from './opened-store.ts'
import { provide } from './provided-database.ts'

const NAME = 'db.internal.example'
const folder = mkdtempSync(join(tmpdir(), 'user-engine-tls-'))
const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

/** An authority, as a provider has one, and a certificate that it issues for `NAME`. */
function issue(authority: string): string {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${authority}`,
    '-keyout',
    `${authority}.key`,
    '-out',
    `${authority}.pem`,
  )
  return readFileSync(join(folder, `${authority}.pem`), 'utf8')
}

let server: TestPostgres
let handoff: Handoff
let ca: string

beforeAll(async () => {
  ca = issue('provider')
  writeFileSync(join(folder, 'san'), `subjectAltName=DNS:${NAME}`)
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    `/CN=${NAME}`,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  )
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'provider.pem',
    '-CAkey',
    'provider.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    'san',
    '-out',
    'server.pem',
  )
  giveToServer(...['', 'server.key', 'server.pem'].map((file) => join(folder, file)))
  const settings = {
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.pem'),
    ssl_key_file: join(folder, 'server.key'),
  }
  server = await startTestPostgres({ kind: 'embedded', settings })
  const { connectionString } = await server.createDatabase('tls')
  const database = await provide({ connectionString, prefix: 'tls' })
  await migrate({ connection: database.config('migrator'), rolePrefix: 'tls' })
  handoff = handoffOf(database)
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

async function outcomeOf(tls: Handoff['tls']) {
  const store = createPostgresStore({ ...handoff, tls }, { connectTimeoutMs: 2000 })
  try {
    await store.transaction(directoryScope(), (tx) => tx.users.list({ after: null, limit: 1 }))
    const { gauges } = await store.diagnostics()
    return { encrypted: gauges['postgres.encrypted'] }
  } catch (error) {
    return error
  } finally {
    await store.close()
  }
}

it('is encrypted and verified where authority and name are those of the provider', async () => {
  expect(await outcomeOf({ ca, serverName: NAME })).toEqual({ encrypted: true })
})

it.each([
  ['another name', () => ({ ca, serverName: 'db.other.example' })],
  ['the name of the host alone, which the certificate has not', () => ({ ca })],
  ['another authority', () => ({ ca: issue('impostor'), serverName: NAME })],
  ['the authorities of the system', () => ({ serverName: NAME })],
])('is refused with %s, and nothing is sent', async (_, tls) => {
  expect(await outcomeOf(tls())).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'connection' } })
})

it('is plain where that is asked for by name, and there alone', async () => {
  expect(await outcomeOf('plain')).toEqual({ encrypted: false })
})
