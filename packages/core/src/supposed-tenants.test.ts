import type { StoreTransaction, UserEngineStore } from '@user-engine/store'
import { afterEach, describe, expect, it, vi } from 'vitest'

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

/** Counts the transactions of a world, and how often a tenant is read in them. */
async function createCountedWorld(options: WorldOptions = {}) {
  const made = { transactions: 0, reads: 0 }
  const around = (store: UserEngineStore): UserEngineStore => ({
    ...store,
    transaction: (scope, work, replica) => {
      made.transactions += 1
      const run = (tx: StoreTransaction) => {
        const find: typeof tx.tenants.find = (id) => {
          made.reads += 1
          return tx.tenants.find(id)
        }
        return work({ ...tx, tenants: { ...tx.tenants, find } })
      }
      return store.transaction(scope, run, replica)
    },
  })
  const world = await createWorld({ ...options, around })
  return { world, made }
}

/** Another process, on the same store. */
function elsewhere(world: World): Session {
  const engine = createUserEngine({ store: world.store, authorize: allow, requestHashKeys: [KEY] })
  return engine.as({ actor: { kind: 'service', id: 'administrator' }, tenantId: null })
}

const NOWHERE = '018f3a5c-1111-7222-8333-444455556666'
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

/** All commands that are done in a tenant that is active, and what has to be there. */
const ACTS: Readonly<Record<string, (world: World) => Promise<Act>>> = {
  async provisionUser() {
    return (session, n, idempotencyKey) =>
      session.provisionUser({ identity: { issuer: ISSUER, subject: n }, idempotencyKey })
  },
  async createGroup() {
    return (session, n, idempotencyKey) => session.createGroup({ key: n, displayName: n, idempotencyKey })
  },
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

const WRITES = ['eager', 'deferred'] as const
const each = Object.keys(ACTS).flatMap((name) => WRITES.map((writes) => [name, writes] as const))

describe.each(each)('the tenant of %s, with %s writes', (name, writes) => {
  afterEach(() => vi.restoreAllMocks())

  async function prepared(options: WorldOptions = {}) {
    const { world, made } = await createCountedWorld({ writes, ...options })
    const act = await (ACTS[name] as (typeof ACTS)[string])(world)
    made.transactions = 0
    made.reads = 0
    return { world, made, act }
  }

  it('is not read, but in a composition', async () => {
    const { world, made, act } = await prepared()
    await act(world.tenant, 'a')
    await act(world.as(world.tenantId), 'b', 'key')
    expect(made).toEqual({ transactions: 2, reads: 0 })
    await world.tenant.transaction((unit) => act(unit, 'c'))
    expect(made).toEqual({ transactions: 3, reads: 1 })
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

  it('is read first for a minute after it refused, so that its commits are in nobody’s way', async () => {
    const { world, made, act } = await prepared()
    await elsewhere(world).suspendTenant({ tenantId: world.tenantId })
    const refusedAt = performance.now()
    const now = vi.spyOn(performance, 'now')
    const transactionsAt = async (ms: number) => {
      now.mockReturnValue(refusedAt + ms)
      made.transactions = 0
      await refusal(act(world.tenant, 'a'))
      return made.transactions
    }
    expect(await transactionsAt(0)).toBe(2)
    expect(await transactionsAt(1000)).toBe(1)
    expect(await transactionsAt(59_000)).toBe(1)
    // Each refusal counts anew.
    expect(await transactionsAt(118_000)).toBe(1)
    expect(await transactionsAt(179_000)).toBe(2)
    made.transactions = 0
    await refusal(world.as(NOWHERE).createGroup({ key: 'a', displayName: 'a' }))
    expect(made.transactions).toBe(2)
  })
})
