import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'

import { StoreError, type UserEngineStore } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { counts, createWorld, deny, ISSUER, refusal, type World } from '../test/world.ts'
import type { ImportOutcome } from './import-batch.ts'
import type { UserToImport } from './import-users.ts'

const identityOf = (n: number) => ({ issuer: ISSUER, subject: `imported-${n}` })
const numbered = (count: number): UserToImport[] =>
  Array.from({ length: count }, (_, n) => ({
    identity: identityOf(n),
    tenantAccount: { externalId: `external-${n}` },
  }))

async function importAll(
  { tenant }: World,
  users: Iterable<unknown> | AsyncIterable<unknown>,
  options: object = {},
) {
  const outcomes: ImportOutcome[] = []
  const onBatch = (batch: readonly ImportOutcome[]) => void outcomes.push(...batch)
  const report = await tenant.importUsers({ users: users as UserToImport[], onBatch, ...options })
  return { report, outcomes }
}

/** All that the tenant and the directory were told, without ids and times. */
async function told({ tenant, directory }: World) {
  const records = await Promise.all(
    [tenant, directory].map(async (session) => {
      const audit = await session.queryAudit({ limit: 500 })
      const events = await session.pendingEvents({ limit: 500 })
      return {
        audit: audit.items.map(({ kind, record }) => ({
          kind,
          action: record.action,
          target: record.target.kind,
          hasTarget: record.target.id !== null,
          changes:
            'changes' in record &&
            JSON.stringify(record.changes).replaceAll(/[0-9a-f-]{36}/g, (each) =>
              each.startsWith('00000000') ? 'directory' : 'id',
            ),
        })),
        events: events.items.map(({ event }) => [
          event.type,
          event.aggregateVersion,
          Object.keys(event.data),
        ]),
      }
    }),
  )
  return records
}

describe.each(['eager', 'deferred'] as const)('importUsers, with %s writes', (writes) => {
  it('leaves what the commands would have left, one by one', async () => {
    const [imported, byHand] = [await createWorld({ writes }), await createWorld({ writes })]
    const prepare = async ({ tenant }: World) => {
      const definitions = { attributes: [{ name: 'title' }] }
      const { catalog } = await tenant.draftCatalog({ key: 'work', definitions })
      await tenant.publishCatalog({ catalogId: catalog.id })
      return (await tenant.createGroup({ key: 'guides', displayName: 'Guides' })).group.id
    }
    const [groupId, otherGroupId] = [await prepare(imported), await prepare(byHand)]
    const [own, another] = [identityOf(1), { issuer: ISSUER, subject: 'another', scope: 'tenant' as const }]
    const profile = { values: { 'work:title': 'Dr.' }, source: 'hr' }
    const given = { accountState: 'disabled' as const, tenantAccount: { externalId: 'e-1' } }
    const roles = ['reader']
    const { outcomes } = await importAll(imported, [
      { identity: own, ...given, identities: [another], profile, memberships: [{ groupId, roles }] },
    ])
    await byHand.tenant.transaction(async (unit) => {
      const { user, tenantAccount } = await unit.provisionUser({ identity: own, ...given })
      await unit.linkIdentity({ userId: user.id, ...another })
      await unit.setProfileValues({ userId: user.id, ...profile })
      const tenantAccountId = tenantAccount?.id ?? ''
      await unit.addMembership({ groupId: otherGroupId, tenantAccountId, roles })
    })
    expect(await told(imported)).toEqual(await told(byHand))
    // One answer is kept for a batch, not one for each command.
    const { idempotencyRecords, ...others } = await counts(byHand)
    expect(await counts(imported)).toEqual({ ...others, idempotencyRecords: idempotencyRecords - 3 })
    const [made] = outcomes
    if (made?.outcome !== 'created') throw new Error('nobody was made')
    const { userId } = made
    expect(await imported.tenant.getProfile({ userId })).toEqual({ 'work:title': 'Dr.' })
    expect(await imported.tenant.findTenantAccount({ userId })).toMatchObject({
      id: made.tenantAccountId,
      externalId: 'e-1',
    })
  })

  it('takes nobody along with who is there, is refused, or comes twice', async () => {
    const world = await createWorld({ writes })
    const there = await world.tenant.provisionUser({ identity: identityOf(3) })
    const users: unknown[] = numbered(12)
    users[5] = { identity: identityOf(5), tenantAccount: { externalId: 'external-2' } }
    users[6] = { identity: { issuer: ISSUER, subject: 'secret\0' } }
    users[7] = { identity: identityOf(7), identities: [identityOf(3)] }
    users[8] = { identity: identityOf(8), memberships: [{ groupId: randomUUID() }] }
    users[9] = { identity: identityOf(9), profile: { values: { title: 'secret' }, source: 'hr' } }
    users[10] = { identity: identityOf(0) }
    const before = await counts(world)
    const { report, outcomes } = await importAll(world, users, { batchSize: 12 })
    expect(report).toEqual({ read: 12, created: 5, existing: 2, refused: 5 })
    expect(outcomes.map(({ index }) => index)).toEqual(users.map((_, index) => index))
    expect(outcomes[3]).toEqual({ index: 3, outcome: 'existing', userId: there.user.id })
    const [first] = outcomes
    expect(outcomes[10]).toEqual({
      index: 10,
      outcome: 'existing',
      userId: first?.outcome === 'created' ? first.userId : '',
    })
    const codes = outcomes.map((each) => (each.outcome === 'refused' ? each.error.code : each.outcome))
    expect(codes.slice(5, 10)).toEqual([
      'ALREADY_EXISTS',
      'INVALID_INPUT',
      'IDENTITY_TAKEN',
      'NOT_FOUND',
      'INVALID_ATTRIBUTES',
    ])
    expect(inspect(outcomes, { depth: 9 })).not.toContain('secret')
    const after = await counts(world)
    expect(after.users - before.users).toBe(5)
    expect(after.auditRecords - before.auditRecords).toBe(5)
    // Again: whoever was refused, is refused; nobody is made twice.
    expect((await importAll(world, users, { batchSize: 12 })).report).toEqual({
      read: 12,
      created: 0,
      existing: 7,
      refused: 5,
    })
    expect(await counts(world)).toEqual(after)
  })

  it('asks the policy once for a batch, and ends with what it refuses, durably', async () => {
    const world = await createWorld({ writes })
    world.decide(() => ({ allow: true }))
    await importAll(world, numbered(7), { batchSize: 3 })
    expect(world.asked.map(({ action, target }) => [action, target.kind, target.id])).toEqual(
      Array.from({ length: 3 }, () => ['user.provision', 'user', null]),
    )
    const before = await counts(world)
    world.decide(deny('external_identity.link'))
    const users = [
      { identity: { ...identityOf(90) } },
      { identity: { ...identityOf(91) }, identities: [identityOf(92)] },
    ]
    expect(await refusal(importAll(world, users))).toMatchObject({
      code: 'ACCESS_DENIED',
      details: { durable: true },
    })
    const after = await counts(world)
    expect([after.users, after.denials]).toEqual([before.users, before.denials + 1])
  })

  it('goes on where it was killed: by its key with the same answers, without it as existing', async () => {
    let commits = 0
    const around = (store: UserEngineStore): UserEngineStore => ({
      ...store,
      transaction: (scope, work) => {
        commits += 1
        if (commits === 5) throw new StoreError('UNAVAILABLE', { reason: 'connection' })
        return store.transaction(scope, work)
      },
    })
    const world = await createWorld({ writes, around })
    const before = await counts(world)
    commits = 0
    const options = { batchSize: 5, concurrency: 1, idempotencyKey: 'hr-2026' }
    const early: ImportOutcome[] = []
    const onBatch = (batch: readonly ImportOutcome[]) => void early.push(...batch)
    const killed = world.tenant.importUsers({ users: numbered(40), ...options, onBatch })
    expect(await refusal(killed)).toMatchObject({ code: 'UNAVAILABLE' })
    expect(early).toHaveLength(20)
    const { report, outcomes } = await importAll(world, numbered(40), options)
    expect(report).toEqual({ read: 40, created: 40, existing: 0, refused: 0 })
    expect(outcomes.slice(0, 20)).toEqual(early)
    expect((await importAll(world, numbered(40))).report).toEqual({
      read: 40,
      created: 0,
      existing: 40,
      refused: 0,
    })
    const after = await counts(world)
    expect([after.users - before.users, after.auditRecords - before.auditRecords]).toEqual([40, 40])
    const other = importAll(world, numbered(40).toReversed(), options)
    expect(await refusal(other)).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
  })

  it('does nothing twice where the answer to a commit was lost', async () => {
    let lost = 0
    const around = (store: UserEngineStore): UserEngineStore => ({
      ...store,
      async transaction(scope, work) {
        const result = await store.transaction(scope, work)
        if (lost-- > 0) throw new StoreError('UNKNOWN_OUTCOME', {})
        return result
      },
    })
    const world = await createWorld({ writes, around })
    lost = 1
    const { report } = await importAll(world, numbered(20), { batchSize: 10 })
    expect(report).toEqual({ read: 20, created: 20, existing: 0, refused: 0 })
    expect((await counts(world)).users).toBe(20)
  })

  it('four imports of the same users at once make each of them once', async () => {
    const world = await createWorld({ writes })
    const options = { batchSize: 7, concurrency: 4 }
    const all = await Promise.all(
      [1, 2, 3, 4].map(() =>
        importAll(
          world,
          numbered(50).toSorted(() => Math.random() - 0.5),
          options,
        ),
      ),
    )
    expect(all.reduce((sum, { report }) => sum + report.created, 0)).toBe(50)
    expect(all.reduce((sum, { report }) => sum + report.existing, 0)).toBe(150)
    expect((await counts(world)).users).toBe(50)
  })
})

it('holds no more of the source than the batches that are under way', async () => {
  const world = await createWorld()
  let read = 0
  let done = 0
  let most = 0
  async function* users() {
    for (const user of numbered(300)) {
      read += 1
      most = Math.max(most, read - done)
      yield user
    }
  }
  const onBatch = async (batch: readonly ImportOutcome[]) => {
    await new Promise((resolve) => setImmediate(resolve))
    done += batch.length
  }
  await world.tenant.importUsers({ users: users(), batchSize: 10, concurrency: 3, onBatch })
  expect([read, most]).toEqual([300, 30])
})

it('ends with its source, with its listener, and when it is told to', async () => {
  const world = await createWorld()
  const failing = function* () {
    yield* numbered(15)
    throw new Error('the file ends here')
  }
  await expect(importAll(world, failing(), { batchSize: 10 })).rejects.toThrow('the file ends here')
  expect((await counts(world)).users).toBe(10)
  const onBatch = () => {
    throw new Error('not stored')
  }
  await expect(importAll(world, numbered(100), { batchSize: 20, onBatch })).rejects.toThrow('not stored')
  const stop = new AbortController()
  const listen = () => stop.abort()
  const options = { batchSize: 10, concurrency: 1, onBatch: listen, signal: stop.signal }
  expect((await importAll(world, numbered(100), options)).report.read).toBe(10)
})

it('works in the directory alone, and in no tenant that is not active', async () => {
  const world = await createWorld()
  const users = [{ identity: identityOf(1) }, { identity: identityOf(2), tenantAccount: {} }]
  const outcomes: ImportOutcome[] = []
  const onBatch = (batch: readonly ImportOutcome[]) => void outcomes.push(...batch)
  const report = await world.directory.importUsers({ users, onBatch })
  expect(report).toMatchObject({ created: 1, refused: 1 })
  expect(outcomes[0]).toMatchObject({ outcome: 'created', tenantAccountId: null })
  expect(outcomes[1]).toMatchObject({ outcome: 'refused', error: { code: 'TENANT_REQUIRED' } })
  await world.directory.suspendTenant({ tenantId: world.tenantId })
  expect(await refusal(world.tenant.importUsers({ users: numbered(1) }))).toMatchObject({
    code: 'INVALID_STATE',
    details: { kind: 'tenant' },
  })
})

it.each([
  ['no options', undefined],
  ['no source', {}],
  ['a text as source', { users: 'secret' }],
  ['an endless batch', { users: [], batchSize: 1001 }],
  ['another option', { users: [], secret: 'secret' }],
  ['no listener', { users: [], onBatch: 'secret' }],
])('refuses %s', async (_name, options) => {
  const world = await createWorld()
  const error = await refusal(world.tenant.importUsers(options as never))
  expect(error).toMatchObject({ code: 'INVALID_INPUT' })
  expect(inspect(error)).not.toContain("'secret'")
})
