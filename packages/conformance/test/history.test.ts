import type { UserEngineStore } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { createFaultyTarget, faultyStores } from '../src/faulty.ts'
import { overlayRepositories } from '../src/faulty/overlay.ts'
import { findAnomalies, isLegal } from '../src/history/anomalies.ts'
import { findDisorder, findLoss, findShared, type Delivery } from '../src/history/deliveries.ts'
import { findDoubleHolding, findUnfoundedRefusal, type Attempt } from '../src/history/holdings.ts'
import { runConformance, storeCases, type Json } from '../src/index.ts'
import { bad } from './histories/bad.ts'
import { good } from './histories/good.ts'
import { readHistory } from './histories/read-history.ts'
import { createServedTarget } from './served-target.ts'

describe('a history', () => {
  it.each(Object.entries(good))('is in order: %s', (_, history) => {
    expect(findAnomalies(readHistory(history))).toEqual([])
  })

  it.each(Object.entries(bad))('is not: %s', (_, { history, kinds, proof }) => {
    const found = findAnomalies(readHistory(history))
    expect(found.map(({ kind }) => kind)).toEqual(kinds)
    expect(found[0]?.proof).toBe(proof)
  })

  it('is judged by what the store declares', () => {
    const legalAt = (kind: 'read skew' | 'write skew' | 'guarded write skew' | 'lost update') =>
      (['read-committed', 'snapshot', 'serializable'] as const).filter((isolation) =>
        isLegal({ kind, proof: '' }, isolation),
      )
    expect(legalAt('read skew')).toEqual(['read-committed'])
    expect(legalAt('write skew')).toEqual(['read-committed', 'snapshot'])
    expect(legalAt('guarded write skew')).toEqual([])
    expect(legalAt('lost update')).toEqual([])
  })
})

describe('what only one may have', () => {
  const attempt = (
    by: string,
    began: number,
    ended: number,
    outcome: Attempt['outcome'],
    release?: number,
  ) => ({
    by,
    began,
    ended,
    outcome,
    release: release === undefined ? null : { began: release, ended: release + 1 },
  })

  it.each([
    ['one after the other', [attempt('T1', 1, 2, 'got', 3), attempt('T2', 5, 6, 'got')], null],
    ['one while the other gives it back', [attempt('T1', 1, 2, 'got', 4), attempt('T2', 3, 6, 'got')], null],
    [
      'two at the same time',
      [attempt('T1', 1, 2, 'got', 7), attempt('T2', 3, 4, 'got', 5)],
      'T1 had it, and had not given it back, when T2 got it as well',
    ],
    [
      'two for ever',
      [attempt('T2', 2, 3, 'got'), attempt('T1', 1, 4, 'got')],
      'T2 had it, and had not given it back, when T1 got it as well',
    ],
  ])('is had by %s', (_, attempts, found) => {
    expect(findDoubleHolding(attempts)).toBe(found)
  })

  it.each([
    ['another one had', [attempt('T1', 1, 2, 'got'), attempt('T2', 3, 4, 'refused')], null],
    ['another one was about to get', [attempt('T1', 1, 4, 'undone'), attempt('T2', 2, 3, 'refused')], null],
    [
      'nobody had any more',
      [attempt('T1', 1, 2, 'got', 3), attempt('T2', 5, 6, 'refused')],
      'T2 was refused what nobody had',
    ],
    [
      'others were refused as well',
      [attempt('T1', 1, 4, 'refused'), attempt('T2', 2, 3, 'refused')],
      'T1 was refused what nobody had',
    ],
  ])('is refused where %s', (_, attempts, found) => {
    expect(findUnfoundedRefusal(attempts)).toBe(found)
  })
})

describe('what relays were given', () => {
  const delivery = (
    event: string,
    by: string,
    claim: number,
    settle: number,
    outcome: Delivery['settled']['outcome'] = 'acknowledged',
  ): Delivery => ({
    event,
    by,
    claimed: { began: claim, ended: claim + 1 },
    settled: { began: settle, ended: settle + 1, outcome },
  })
  const streams = [['a1', 'a2'], ['b1']]
  const judge = (deliveries: readonly Delivery[]) => [
    findLoss(streams, deliveries),
    findShared(deliveries),
    findDisorder(streams, deliveries),
  ]
  const [a1, a2, b1] = [
    delivery('a1', 'C1', 1, 3),
    delivery('a2', 'C2', 5, 7),
    delivery('b1', 'C1', 1, 5),
  ] as const

  it('is in order', () => {
    expect(judge([a1, a2, b1])).toEqual([null, null, null])
    expect(judge([delivery('b1', 'C0', -4, -2, 'given back'), a1, a2, b1])).toEqual([null, null, null])
  })

  it.each([
    ['lost', [a1, b1], ['a2 was acknowledged 0 times', null, null]],
    [
      'acknowledged twice',
      [a1, delivery('a1', 'C3', 9, 11), a2, b1],
      ['a1 was acknowledged 2 times', null, null],
    ],
    [
      'made up',
      [a1, a2, b1, delivery('c1', 'C3', 9, 11)],
      ['C3 was given c1, which nobody has appended', null, null],
    ],
    [
      'held by two',
      [a1, a2, b1, delivery('b1', 'C3', 2, 4, 'given back')],
      [null, 'b1: C1 had it, and had not given it back, when C3 got it as well', null],
    ],
    [
      'lost by who had it',
      [a1, delivery('a2', 'C2', 5, 7, 'lost'), delivery('a2', 'C3', 9, 11), b1],
      [null, 'C2 could not settle a2, which it had been given for an hour', null],
    ],
    [
      'out of order',
      [delivery('a1', 'C1', 1, 9), a2, b1],
      [null, null, 'C2 was given a2 before a1 was acknowledged'],
    ],
  ])('is not where an event is %s', (_, deliveries, found) => {
    expect(judge(deliveries)).toEqual(found)
  })
})

/** What a case finds in a store that is spoiled, by the promise that it breaks. */
async function findIn(name: string, id: string) {
  const faulty = faultyStores.find((one) => one.name === name)
  if (faulty === undefined) throw new TypeError(`There is no faulty store ${name}.`)
  const report = await runConformance(createFaultyTarget(createServedTarget(), faulty), {
    profiles: ['store-core', 'store-concurrent'],
    budget: 'smoke',
    only: [id],
  })
  return report.cases.find((one) => one.id === id)
}

const recheck = (id: string, script: Json = null) =>
  storeCases.find((one) => one.id === id)?.recheck?.(script)

describe('a history of a faulty store', () => {
  it.each([
    ['UE-HISTORY-001/registers', 'guards-when-called', 'UE-HISTORY-001: guarded'],
    ['UE-HISTORY-001/every-guard', 'holds-its-last-guard', 'UE-HISTORY-001: guarded read skew'],
    ['UE-HISTORY-001/guarded-read-skew', 'guards-when-called', 'UE-HISTORY-001: guarded read skew'],
    ['UE-HISTORY-001/guarded-write-skew', 'guards-when-called', 'UE-HISTORY-001: guarded write skew'],
    ['UE-HISTORY-001/guarded-ring', 'guards-when-called', 'UE-HISTORY-001: guarded write skew'],
    ['UE-HISTORY-001/lost-update', 'checks-the-version-too-early', 'UE-VERSION-002: lost update'],
    ['UE-HISTORY-001/late-guard', 'guards-nothing', 'UE-HISTORY-001: guarded read skew'],
    ['UE-HISTORY-001/aborted-read', 'caches-before-the-commit', 'UE-TRANSACTION-011: aborted read'],
    ['UE-HISTORY-001/intermediate-read', 'caches-before-the-commit', 'UE-TRANSACTION-011: intermediate read'],
    [
      'UE-HISTORY-001/circular-information-flow',
      'caches-before-the-commit',
      'UE-TRANSACTION-011: circular information flow',
    ],
    ['UE-HISTORY-001/stale-read', 'cache-in-each-handle', 'UE-TRANSACTION-010: stale read'],
    ['UE-HISTORY-001/ring', 'last-writer-wins', 'UE-HISTORY-001: a ring of 6 was one of'],
    ['UE-VERSION-004/last-identity', 'guards-when-called', 'identities, of which none is linked'],
    ['UE-VERSION-004/last-identity', 'holds-its-last-guard', 'UE-HISTORY-001: guarded write skew'],
    ['UE-VERSION-003/joins', 'guards-nothing', 'UE-VERSION-003: stale guard'],
    ['UE-CATALOG-002/publications', 'guards-nothing', 'UE-VERSION-003: stale guard'],
    ['UE-OUTBOX-005/relays', 'two-holders', 'had not given it back, when claim'],
    ['UE-OUTBOX-005/relays', 'remembers-a-position', 'was acknowledged 0 times'],
    ['UE-IDENTITY-001/claims-and-releases', 'ignores-external-identity-subject', 'UE-IDENTITY-001: T'],
    ['UE-GROUP-001/create-delete-create', 'ignores-group-key', 'UE-GROUP-001: T'],
    ['UE-HISTORY-001/dirty-write', 'checks-the-version-too-early', 'UE-VERSION-002: lost update'],
  ])('%s finds %s, and what it has noted shows the same again', async (id, name, expected) => {
    const found = await findIn(name, id)
    expect(found?.reason).toContain(expected)
    const { script, failures = [] } = found ?? {}
    const seen = failures.map(({ requirement, observation }) => ({ requirement, observation }))
    expect(recheck(id, script?.data)).toEqual(expect.arrayContaining(seen))
    expect(script?.steps.join('\n')).toMatch(/from \d+ to \d+/)
    expect(JSON.stringify(script?.data).length).toBeLessThan(30_000)
  })

  it.each(['UE-IDENTITY-001/claims-and-releases', 'UE-VERSION-003/joins', 'UE-OUTBOX-005/relays'])(
    '%s refuses what it has not noted',
    (id) => expect(() => recheck(id, { steps: [] })).toThrow('holds nothing that this case has noted'),
  )
})

it('nothing that a store has made up of a person is repeated', async () => {
  const names = {
    name: 'names-people',
    corrupt: () => (good: UserEngineStore) =>
      overlayRepositories(good, (repository) => ({
        async find(id) {
          const found = await repository.find(id)
          return found && { ...found, displayName: 'Ada Lovelace', state: 'Ada Lovelace' }
        },
      })),
  }
  const target = createFaultyTarget(createServedTarget(), names)
  const report = await runConformance(target, {
    profiles: ['store-core', 'store-concurrent'],
    budget: 'smoke',
    only: ['UE-HISTORY-001/lost-update', 'UE-CATALOG-002/publications'],
  })
  const [first] = report.cases.filter(({ id }) => id === 'UE-HISTORY-001/lost-update')
  expect(first?.reason).toContain('read version 1 of group 1 by somebody, which never wrote it')
  expect(JSON.stringify(report)).not.toContain('Ada')
})
