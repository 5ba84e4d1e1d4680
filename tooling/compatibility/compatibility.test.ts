import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { runConformance, type Report } from '@user-engine/conformance'
import { createPostgresTarget, userEngineSchema } from '@user-engine/conformance/postgres'
import { createPostgresStore } from '@user-engine/postgres'
import { roleName, rolesSql } from '@user-engine/postgres/roles'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { removeAll } from '../stranger/repository.ts'
import { installPrevious, writeLater, type Later, type PreviousRelease } from './previous-release.ts'

/** Pods are replaced one by one: for a while the release before this one runs on this one's schema. */
const server = testPostgres()
const SLOW = 900_000

/** What a migration does that a running release does not notice. */
const EXPANDS: Later = {
  name: 'expands',
  breaking: false,
  sql: `alter table user_engine.users add column nickname text constraint users_nickname check (nickname <> '');
    alter table user_engine.groups add column sort_key integer not null default 0;
    create index users_by_nickname on user_engine.users (scope_id, nickname);
    grant select (nickname), insert (nickname) on user_engine.users to user_engine_runtime;`,
}
const CONTRACTS: Later = {
  name: 'contracts',
  breaking: true,
  sql: 'alter table user_engine.groups rename column display_name to title;',
}
/** It says that it breaks nothing, and does. */
const LIES: Later = { ...CONTRACTS, name: 'lies', breaking: false }

let previous: PreviousRelease
beforeAll(async () => {
  previous = await installPrevious()
}, SLOW)
afterAll(() => removeAll(previous.folder))

/** Runs a command of the previous release, on the schema that it makes and then this release and these migrations change. */
function onSchema(later: readonly Later[], ...command: readonly string[]) {
  const { host, port, adminUser, adminPassword } = server
  const folder = writeLater(previous, later)
  const env = { PGHOST: host, PGPORT: port, PGUSER: adminUser, PGPASSWORD: adminPassword, LATER: folder }
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return previous.repository.exec('env', ...settings, ...command)
}

async function judged(later: readonly Later[]): Promise<unknown> {
  const { code, output } = await onSchema(later, 'node', 'judge.ts')
  expect(code, output).toBe(0)
  return JSON.parse(output.trim().split('\n').at(-1) ?? '')
}

/** Cases about the schema itself begin with one that is its own. */
const ALL = ['--not', 'UE-SCHEMA']

/** By the kit that the previous release brought. */
async function judgedByKit(later: readonly Later[], chosen: readonly string[]): Promise<Report> {
  const out = `results-${crypto.randomUUID()}`
  const kit = ['npx', 'user-engine-conformance', 'run', './conformance.config.ts']
  const { code, output } = await onSchema(later, ...kit, ...chosen, '--out', out)
  expect([0, 1, 2], output).toContain(code)
  return JSON.parse(readFileSync(join(previous.folder, 'previous', out, 'report.json'), 'utf8')) as Report
}

const redOf = ({ cases }: Report) =>
  cases
    .filter(({ verdict }) => !['pass', 'filtered', 'unsupported'].includes(verdict))
    .map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`)

describe('the previous release on the schema of this one', () => {
  it('says that the schema is ahead, is ready and works', { timeout: SLOW }, async () => {
    expect(await judged([EXPANDS])).toEqual({ status: 'ready', state: 'ahead', outcome: 'ok', failed: [] })
  })

  it('keeps every promise there, by its own kit', { timeout: SLOW }, async () => {
    const report = await judgedByKit([EXPANDS], ALL)
    expect(redOf(report)).toEqual([])
    expect(report.counts.cases.pass).toBeGreaterThan(200)
  })

  it('refuses one that was changed by a migration that breaks it', { timeout: SLOW }, async () => {
    expect(await judged([CONTRACTS])).toMatchObject({
      status: 'not_ready',
      state: 'breaking',
      outcome: 'NOT_READY',
      failed: expect.arrayContaining(['schema.version']) as string[],
    })
  })

  it('is found by its kit to be broken by one that does not say so', { timeout: SLOW }, async () => {
    expect(redOf(await judgedByKit([LIES], ['--only', 'UE-GROUP-001'])).join('\n')).toContain('UE-GROUP-001')
  })
})

describe('this release on the schema of the previous one', () => {
  it('keeps every promise there, by its own kit', { timeout: SLOW }, async () => {
    const target = createTargetOnPrevious()
    const profiles = ['store-core', 'store-concurrent'] as const
    try {
      const report = await runConformance(target, { profiles })
      expect(redOf(report)).toEqual([])
      expect(report.counts.cases.pass).toBeGreaterThan(200)
    } finally {
      await target.dispose()
    }
  })
})

function createTargetOnPrevious() {
  const { host, port, adminUser: user, adminPassword } = server
  const names = ['migrator', 'runtime', 'denials', 'relay'] as const
  const prefix = `uen_${crypto.randomUUID().slice(0, 8)}`
  const password = crypto.randomUUID()
  const login = (name: (typeof names)[number]) => ({ user: roleName(name, prefix), password })
  return createPostgresTarget({
    identity: { name: 'this release on the previous schema', version: '0.0.0' },
    server: { host, port, user, password: adminPassword },
    schema: userEngineSchema,
    connections: 4,
    async prepare({ database }) {
      const provider = new Client({ host, port, user, password: adminPassword, database })
      await provider.connect()
      const passwords = Object.fromEntries(names.map((name) => [name, password]))
      await provider.query(rolesSql({ prefix, passwords }))
      await provider.end()
      const handoff = {
        endpoint: { host, port },
        database,
        tls: 'plain',
        rolePrefix: prefix,
        runtime: login('runtime'),
        denials: login('denials'),
        relay: login('relay'),
        migrator: login('migrator'),
      }
      previous.repository.write('handoff.json', JSON.stringify(handoff))
      const migrate = ['migrate', 'apply', '--handoff', './handoff.json']
      const { code, output } = await previous.repository.exec('npx', 'user-engine-postgres', ...migrate)
      if (code !== 0) throw new Error(`the previous release does not migrate: ${output}`)
    },
    open: ({ database, ...endpoint }) =>
      createPostgresStore({
        endpoint,
        database,
        tls: 'plain',
        rolePrefix: prefix,
        runtime: { ...login('runtime'), max: 4 },
        denials: login('denials'),
        relay: login('relay'),
      }),
    async dispose(root) {
      for (const name of [...names, 'diagnose', 'owner'] as const) {
        await root.query(`drop role if exists ${roleName(name, prefix)}`)
      }
    },
  })
}
