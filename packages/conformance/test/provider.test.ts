import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { catalogue, writeReports } from '../src/index.ts'
import { decides } from '../src/verdict.ts'
import { casesOf, foundBy, judgeProvider as judge, redOf } from './judged-provider.ts'
import { startProvidedServer, type ProvidedServer } from './provided-postgres.ts'
import { providerFaults } from './provider-faults.ts'
import { topology } from './topology.ts'

/** What is looked at for each fault: what it could break besides, without what takes long. */
const WATCHED = [
  'UE-HANDOFF-001',
  'UE-HANDOFF-006',
  'UE-PRIVILEGE-001',
  'UE-PRIVILEGE-007',
  'UE-OWNERSHIP',
  'UE-DURABILITY-001',
]

let server: ProvidedServer
beforeAll(async () => {
  server = await startProvidedServer()
})
afterAll(() => server.stop())

describe('a database that is handed over as it must be', () => {
  it('is conformant, and what no power was given for is unverified', { timeout: 120_000 }, async () => {
    const report = await judge((await server.handOver()).target())
    const { out } = topology('provider')
    if (out !== undefined) await writeReports(report, out)
    expect(report.cases.filter(({ verdict }) => !['pass', 'unsupported'].includes(verdict))).toEqual([])
    expect(report).toMatchObject({ verdict: 'conformant', capabilities: null })
    expect(casesOf(report, 'unsupported')).toEqual([
      'UE-HANDOFF-004/lasts',
      'UE-HANDOFF-004/overlap',
      'UE-HANDOFF-004/revoked',
      'UE-BACKUP-004/epoch',
      'UE-BACKUP-006/restored',
    ])
    const unverified = report.requirements
      .filter(({ verdict }) => verdict === 'unverified')
      .map(({ id }) => id)
    expect(unverified).toEqual(expect.arrayContaining(['UE-HANDOFF-004', 'UE-BACKUP-004', 'UE-BACKUP-006']))
  })

  it('is judged without a migrator, and nothing is then said of what a migration makes', async () => {
    const { handoff, target } = await server.handOver()
    const { migrator: _, ...served } = handoff
    const report = await judge(target({ handoff: served, migrate: undefined as never }))
    expect(redOf(report)).toEqual([])
    expect(report.requirements.find(({ id }) => id === 'UE-PRIVILEGE-007')?.verdict).toBe('unverified')
  })
})

describe('a database with', () => {
  it.each(providerFaults)(
    '$what is found by $by',
    { timeout: 120_000 },
    async ({ by, says, also = [], spoil }) => {
      const database = await server.handOver()
      const different = (await spoil(database)) ?? {}
      const report = await judge(database.target(different), [...WATCHED, by, ...also])
      expect(foundBy(report, by)?.[0]).toMatch(says)
      expect(redOf(report).toSorted()).toEqual([by, ...also].toSorted())
      expect(report.exitCode).toBe(1)
    },
  )
})

it('each stable MUST of a provider has a broken Postgres that it finds', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.startsWith('provider-'))
  const found = files.flatMap((name) => [
    ...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/'(UE-[A-Z]+-\d{3})\/[a-z-]+'/g),
  ])
  const ids = new Set(found.map(([, id]) => id))
  const unwatched = [...catalogue].filter(
    ([id, requirement]) =>
      requirement.profile === 'provider-postgres' && decides(requirement) && !ids.has(id),
  )
  expect(unwatched.map(([id]) => id)).toEqual([])
})
