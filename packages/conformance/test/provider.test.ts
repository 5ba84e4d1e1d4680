import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createFaultyProviderTarget, faultyProviders, selftest } from '../src/faulty.ts'
import { catalogue, writeReports } from '../src/index.ts'
import { decides } from '../src/verdict.ts'
import { casesOf, foundBy, judgeProvider as judge, redOf } from './judged-provider.ts'
import { startProvidedServer, type ProvidedDatabase, type ProvidedServer } from './provided-postgres.ts'
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

describe('a faulty provider is found by the promise that it breaks, and by no other', () => {
  let database: ProvidedDatabase
  beforeAll(async () => {
    database = await server.handOver()
  })

  it.each(faultyProviders.filter((one) => one.server === undefined))(
    '$name',
    { timeout: 120_000 },
    async (faulty) => {
      const { breaks, disturbs = [], by = breaks, expect: says } = faulty
      const spoilt = await createFaultyProviderTarget(database.target(), faulty)
      const report = await judge(spoilt, [...WATCHED, breaks, ...disturbs])
      await spoilt.dispose?.()
      const found = foundBy(report, by)?.find((observation) => observation.includes(says))
      expect(found).toContain('Remedy: ')
      const broken = redOf(report).map((id) => id.split('/')[0])
      expect(new Set(broken)).toEqual(new Set([breaks, ...disturbs]))
      expect(report.exitCode).toBe(1)
    },
  )

  it('and all of them are mended', async () => {
    expect(redOf(await judge(database.target()))).toEqual([])
  })
})

it('each stable MUST of a provider is broken by a published one, whose name is its own', () => {
  const broken = new Set(faultyProviders.map(({ breaks }) => breaks))
  const unwatched = [...catalogue].filter(
    ([id, requirement]) =>
      requirement.profile === 'provider-postgres' && decides(requirement) && !broken.has(id),
  )
  expect(unwatched.map(([id]) => id)).toEqual([])
  expect(new Set(faultyProviders.map(({ name }) => name)).size).toBe(faultyProviders.length)
})

it('a selftest spoils what it can, and says what it can not', { timeout: 60_000 }, async () => {
  const names = ['clock-an-hour-behind', 'endless-statements', 'fsync-off']
  const providers = faultyProviders.filter(({ name }) => names.includes(name))
  const { target } = await server.handOver()
  const tried = async (different?: Parameters<typeof target>[0]) => {
    const kills = await selftest(target(different), { providers, timeScale: 1 })
    return kills.map(({ faulty, result, observation }) => [
      faulty.name,
      result === 'untried' ? observation : result,
    ])
  }
  expect(await tried()).toEqual([
    ['clock-an-hour-behind', 'killed'],
    ['fsync-off', 'needs another server: one with fsync = off'],
    ['endless-statements', 'killed'],
  ])
  expect(await tried({ administer: undefined as never })).toContainEqual([
    'endless-statements',
    'needs administer',
  ])
})
