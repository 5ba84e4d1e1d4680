import { StoreError } from '@user-engine/store'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { failing, type Fault } from '../test/faults.ts'
import {
  allow,
  counts,
  createWorld,
  ISSUER,
  KEY,
  refusal,
  type World,
  type WorldOptions,
} from '../test/world.ts'
import { createUserEngine, type Session } from './index.ts'
import type { Commands } from './user-engine-service.ts'

/** Counts what a session reads of tenants and keys, and can be told to fail. */
async function createCountedWorld(options: WorldOptions = {}, faults: Fault[] = []) {
  const reads = { tenants: 0, keys: 0 }
  const world = await createWorld({
    ...options,
    around: (store) =>
      failing(faults)({
        ...store,
        transaction: (scope, work, replica) =>
          store.transaction(
            scope,
            (tx) => {
              const find: typeof tx.tenants.find = (id) => {
                reads.tenants += 1
                return tx.tenants.find(id)
              }
              const findKey: typeof tx.idempotency.find = (key) => {
                reads.keys += 1
                return tx.idempotency.find(key)
              }
              return work({
                ...tx,
                tenants: { ...tx.tenants, find },
                idempotency: { ...tx.idempotency, find: findKey },
              })
            },
            replica,
          ),
      }),
  })
  return { world, reads }
}

/** Another process, on the same store. */
function elsewhere(world: World): Session {
  const engine = createUserEngine({ store: world.store, authorize: allow, requestHashKeys: [KEY] })
  return engine.as({ actor: { kind: 'service', id: 'administrator' }, tenantId: null })
}

const CREATIONS: Readonly<Record<string, (session: Session, n: string, key?: string) => Promise<unknown>>> = {
  provisionUser: (session, n, idempotencyKey) =>
    session.provisionUser({ identity: { issuer: ISSUER, subject: n }, idempotencyKey }),
  createGroup: (session, n, idempotencyKey) =>
    session.createGroup({ key: n, displayName: n, idempotencyKey }),
}

const NAMES = ['a', 'b', 'c'] as const
type Act = (session: Commands, n: (typeof NAMES)[number], key?: string) => Promise<unknown>

/** One of something for each name, which are made in turn. */
async function forEachName<Made>(make: () => Promise<Made>): Promise<Record<(typeof NAMES)[number], Made>> {
  return { a: await make(), b: await make(), c: await make() }
}

async function publish(session: Session, applicationId?: string) {
  const definitions = { attributes: [{ name: 'color' }] }
  const { catalog } = await session.draftCatalog({ key: 'looks', definitions, applicationId })
  await session.publishCatalog({ catalogId: catalog.id })
}

/** What decides on other records as well, and what has to be there. */
const READING: Readonly<Record<string, (world: World) => Promise<Act>>> = {
  async joinTenant(world) {
    const users = await forEachName(() =>
      world.otherTenant.provisionUser({ identity: { issuer: ISSUER, subject: world.subject() } }),
    )
    return (session, n, idempotencyKey) => session.joinTenant({ userId: users[n].user.id, idempotencyKey })
  },
  async addMembership(world) {
    const { group } = await world.tenant.createGroup({ key: 'team', displayName: 'Team' })
    const members = await forEachName(() => world.provision())
    return (session, n, idempotencyKey) =>
      session.addMembership({ groupId: group.id, tenantAccountId: members[n].tenantAccount, idempotencyKey })
  },
  async requestBinding(world) {
    const applications = await forEachName(async () => {
      const { application } = await world.directory.registerApplication({ clientKey: world.subject() })
      await world.directory.activateApplication({ applicationId: application.id })
      return application.id
    })
    return (session, n, idempotencyKey) =>
      session.requestBinding({ applicationId: applications[n], idempotencyKey })
  },
  async draftCatalog() {
    return (session, n, idempotencyKey) =>
      session.draftCatalog({ key: n, definitions: { attributes: [] }, idempotencyKey })
  },
  async setProfileValues(world) {
    await publish(world.tenant)
    const { user: userId } = await world.provision()
    return (session, n, idempotencyKey) =>
      session.setProfileValues({ userId, values: { 'looks:color': n }, source: 'test', idempotencyKey })
  },
  async setApplicationProfileValues(world) {
    const { application } = await world.directory.registerApplication({ clientKey: 'application' })
    const applicationId = application.id
    await world.directory.activateApplication({ applicationId })
    await publish(world.directory, applicationId)
    const { binding } = await world.tenant.requestBinding({ applicationId })
    await world.tenant.activateBinding({ bindingId: binding.id })
    const { user: userId } = await world.provision()
    return (session, n, idempotencyKey) => {
      const values = { 'looks:color': n }
      return session.setApplicationProfileValues({
        userId,
        applicationId,
        values,
        source: 'test',
        idempotencyKey,
      })
    }
  },
}

describe.each(['eager', 'deferred'] as const)('a tenant that is remembered, with %s writes', (writes) => {
  afterEach(() => vi.restoreAllMocks())

  describe.each(Object.entries(CREATIONS))('by %s', (_, create) => {
    it('is read once, and no key is looked up that was not used', async () => {
      const { world, reads } = await createCountedWorld({ writes })
      await create(world.tenant, 'a')
      expect(reads).toEqual({ tenants: 1, keys: 0 })
      await create(world.tenant, 'b')
      await create(world.as(world.tenantId), 'c', 'key')
      expect(reads).toEqual({ tenants: 1, keys: 0 })
    })

    it.each([1, 5])('decides nothing once it was suspended elsewhere, with %i attempts', async (attempts) => {
      const { world } = await createCountedWorld({ writes, attempts })
      await create(world.tenant, 'a')
      const { tenantId } = world
      await elsewhere(world).suspendTenant({ tenantId })
      const before = await counts(world)
      for (const n of ['b', 'c']) {
        expect(await refusal(create(world.tenant, n))).toMatchObject({
          code: 'INVALID_STATE',
          details: { kind: 'tenant', state: 'suspended' },
        })
      }
      expect(await counts(world)).toEqual(before)
      await elsewhere(world).reactivateTenant({ tenantId })
      await create(world.tenant, 'd')
    })

    it('a key that was answered is answered the same, also once the tenant refuses', async () => {
      const { world } = await createCountedWorld({ writes, attempts: 1 })
      const first = await create(world.tenant, 'a', 'key')
      const before = await counts(world)
      expect(await create(world.tenant, 'a', 'key')).toEqual(first)
      expect(await refusal(create(world.tenant, 'b', 'key'))).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
      await elsewhere(world).suspendTenant({ tenantId: world.tenantId })
      expect(await create(world.tenant, 'a', 'key')).toEqual(first)
      const { users, groups } = await counts(world)
      expect({ users, groups }).toEqual({ users: before.users, groups: before.groups })
    })

    it.each([true, false])('an answer that was lost is found, or given, committed: %s', async (committed) => {
      const faults: Fault[] = []
      const { world } = await createCountedWorld({ writes }, faults)
      await create(world.tenant, 'a')
      const before = await counts(world)
      faults.push({ error: new StoreError('UNKNOWN_OUTCOME', {}), committed })
      await create(world.tenant, 'b')
      expect(faults).toEqual([])
      const after = await counts(world)
      expect(after.auditRecords - before.auditRecords).toBe(1)
      expect(after.idempotencyRecords - before.idempotencyRecords).toBe(1)
    })
  })

  describe.each(Object.entries(READING))('by %s, which reads', (_, prepare) => {
    async function prepared(options: WorldOptions = {}) {
      const { world, reads } = await createCountedWorld({ writes, ...options })
      const act = await prepare(world)
      await world.provision()
      reads.tenants = 0
      return { world, reads, act }
    }

    it('is not read, but in a composition', async () => {
      const { world, reads, act } = await prepared()
      await act(world.tenant, 'a')
      await act(world.as(world.tenantId), 'b', 'key')
      expect(reads.tenants).toBe(0)
      await world.tenant.transaction((unit) => act(unit, 'c'))
      expect(reads.tenants).toBe(1)
    })

    it.each([1, 5])('decides nothing once it was suspended elsewhere, with %i attempts', async (attempts) => {
      const { world, act } = await prepared({ attempts })
      const first = await act(world.tenant, 'a', 'key')
      const { tenantId } = world
      await elsewhere(world).suspendTenant({ tenantId })
      const before = await counts(world)
      for (const n of NAMES) {
        expect(await refusal(act(world.tenant, n))).toMatchObject({
          code: 'INVALID_STATE',
          details: { kind: 'tenant', state: 'suspended' },
        })
      }
      expect(await act(world.tenant, 'a', 'key')).toEqual(first)
      expect(await counts(world)).toEqual(before)
      await elsewhere(world).reactivateTenant({ tenantId })
      await act(world.tenant, 'b')
    })
  })

  it('is looked at again after a minute', async () => {
    const { world, reads } = await createCountedWorld({ writes })
    await world.provision()
    const seenAt = performance.now()
    const now = vi.spyOn(performance, 'now').mockReturnValue(seenAt + 59_000)
    await world.provision()
    expect(reads.tenants).toBe(1)
    now.mockReturnValue(seenAt + 61_000)
    await world.provision()
    expect(reads.tenants).toBe(2)
  })

  it('is of one engine, and of one tenant', async () => {
    const { world, reads } = await createCountedWorld({ writes })
    await world.provision()
    await world.otherTenant.createGroup({ key: 'a', displayName: 'a' })
    expect(reads.tenants).toBe(2)
    await world.otherTenant.createGroup({ key: 'b', displayName: 'b' })
    expect(reads.tenants).toBe(2)
  })
})
