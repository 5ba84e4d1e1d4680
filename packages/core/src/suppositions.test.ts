import { StoreError, type UserEngineStore } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { failing, type Fault } from '../test/faults.ts'
import { counts, createWorld, ISSUER, refusal, type World, type WorldOptions } from '../test/world.ts'
import type { Commands } from './user-engine-service.ts'

/** Counts each call of a transaction that reads. */
function counting(reads: { made: number }) {
  return (store: UserEngineStore): UserEngineStore => ({
    ...store,
    transaction: (scope, work, replica) =>
      store.transaction(
        scope,
        (tx) => {
          const counted = Object.entries(tx).map(([name, member]: [string, unknown]) => {
            if (typeof member !== 'object' || member === null || name === 'scope') return [name, member]
            const calls = Object.entries(member).map(([call, run]: [string, unknown]) => {
              if (typeof run !== 'function' || /^(insert|update|guard|append)/.test(call)) return [call, run]
              return [
                call,
                (...given: readonly unknown[]) => {
                  reads.made += 1
                  return Reflect.apply(run, member, given) as unknown
                },
              ]
            })
            return [name, Object.fromEntries(calls) as unknown]
          })
          return work({ ...tx, ...(Object.fromEntries(counted) as object) })
        },
        replica,
      ),
  })
}

interface Supposing {
  /** Makes the one thing: the first time it is new. `version` is one to expect. */
  act(session: Commands, options?: { idempotencyKey?: string; expectedVersion?: number }): Promise<unknown>
  /** What it hangs on, each put into a state that does not allow it, with the refusal. */
  readonly spoiled: Readonly<Record<string, readonly [() => Promise<unknown>, object]>>
  /** The same with what is nowhere, or only in the other tenant. */
  readonly unknown: Readonly<Record<string, (session: Commands) => Promise<unknown>>>
  /** What is there already, and how it goes away so that it can come back; null where it never does. */
  readonly taken: object
  readonly goes: ((made: never) => Promise<unknown>) | null
}

const NOWHERE = '018f3a5c-1111-7222-8333-444455556666'

const SUPPOSING: Readonly<Record<string, (world: World) => Promise<Supposing>>> = {
  async linkIdentity(world) {
    const { user: userId } = await world.provision()
    const identity = { issuer: ISSUER, subject: 'another' }
    return {
      act: (session, options) => session.linkIdentity({ userId, ...identity, ...options }),
      spoiled: {
        'a suspended user': [
          () => world.directory.suspendUser({ userId }),
          { code: 'INVALID_STATE', details: { kind: 'user', state: 'suspended' } },
        ],
      },
      unknown: { 'a user': (session) => session.linkIdentity({ userId: NOWHERE, ...identity }) },
      taken: { code: 'IDENTITY_TAKEN' },
      goes: null,
    }
  },
  async joinTenant(world) {
    const { user } = await world.otherTenant.provisionUser({ identity: { issuer: ISSUER, subject: 'new' } })
    const userId = user.id
    return {
      act: (session, options) => session.joinTenant({ userId, ...options }),
      spoiled: {
        'a suspended user': [
          () => world.directory.suspendUser({ userId }),
          { code: 'INVALID_STATE', details: { kind: 'user', state: 'suspended' } },
        ],
      },
      unknown: { 'a user': (session) => session.joinTenant({ userId: NOWHERE }) },
      taken: { code: 'ALREADY_EXISTS', details: { constraint: 'tenant_account_user' } },
      goes: ({ tenantAccount }: { tenantAccount: { id: string } }) =>
        world.tenant.leaveTenant({ tenantAccountId: tenantAccount.id }),
    }
  },
  async addMembership(world) {
    const { tenantAccount: tenantAccountId } = await world.provision()
    const groupId = (await world.tenant.createGroup({ key: 'team', displayName: 'Team' })).group.id
    const elsewhere = await world.otherTenant.createGroup({ key: 'team', displayName: 'Team' })
    const stranger = await world.otherTenant.provisionUser({ identity: { issuer: ISSUER, subject: 'other' } })
    const strangerId = stranger.tenantAccount?.id ?? NOWHERE
    const add =
      (of: { groupId?: string; tenantAccountId?: string }): Supposing['act'] =>
      (session, options) =>
        session.addMembership({ groupId, tenantAccountId, roles: ['reader'], ...of, ...options })
    return {
      act: add({}),
      spoiled: {
        'a removed group': [
          () => world.tenant.removeGroup({ groupId }),
          { code: 'INVALID_STATE', details: { kind: 'group', state: 'removed' } },
        ],
        'a suspended account': [
          () => world.tenant.suspendTenantAccount({ tenantAccountId }),
          { code: 'INVALID_STATE', details: { kind: 'tenant_account', state: 'suspended' } },
        ],
      },
      unknown: {
        'a group': add({ groupId: NOWHERE }),
        'an account': add({ tenantAccountId: NOWHERE }),
        'a group of another tenant': add({ groupId: elsewhere.group.id }),
        'an account of another tenant': add({ tenantAccountId: strangerId }),
      },
      taken: { code: 'ALREADY_EXISTS', details: { constraint: 'membership_member' } },
      goes: ({ membership }: { membership: { id: string } }) =>
        world.tenant.removeMembership({ membershipId: membership.id }),
    }
  },
}

const WRITES = ['eager', 'deferred'] as const
const each = Object.keys(SUPPOSING).flatMap((name) => WRITES.map((writes) => [name, writes] as const))

describe.each(each)('%s, with %s writes', (name, writes) => {
  async function prepared(options: WorldOptions = {}, faults: Fault[] = []) {
    const reads = { made: 0 }
    const around = (store: UserEngineStore) => failing(faults)(counting(reads)(store))
    const world = await createWorld({ writes, attempts: 1, around, ...options })
    const supposing = await (SUPPOSING[name] as (typeof SUPPOSING)[string])(world)
    reads.made = 0
    return { world, reads, ...supposing }
  }

  it('reads nothing, with a key and without', async () => {
    const { world, reads, act } = await prepared()
    await act(world.tenant, { idempotencyKey: 'key' })
    expect(reads.made).toBe(0)
    const again = await prepared()
    await again.act(again.world.tenant)
    expect(again.reads.made).toBe(0)
  })

  it('reads where a version is expected, and in a composition', async () => {
    const { world, reads, act } = await prepared()
    expect(await refusal(act(world.tenant, { expectedVersion: 7 }))).toMatchObject({
      code: 'VERSION_CONFLICT',
    })
    expect(reads.made).toBeGreaterThan(0)
    reads.made = 0
    await world.tenant.transaction((unit) => act(unit))
    expect(reads.made).toBeGreaterThan(0)
  })

  it('says what is in the way, and writes nothing', async () => {
    for (const cause of Object.keys((await prepared()).spoiled)) {
      const { world, act, spoiled } = await prepared()
      const [spoil, expected] = spoiled[cause] as (typeof spoiled)[string]
      await spoil()
      const before = await counts(world)
      expect(await refusal(act(world.tenant)), cause).toMatchObject(expected)
      expect(await counts(world), cause).toEqual(before)
    }
  })

  it('does not find what is nowhere, or somewhere else', async () => {
    const { world, unknown } = await prepared()
    const before = await counts(world)
    for (const [what, act] of Object.entries(unknown)) {
      expect(await refusal(act(world.tenant)), what).toMatchObject({ code: 'NOT_FOUND' })
    }
    expect(await counts(world)).toEqual(before)
  })

  it('is refused where it is there already, and may come back', async () => {
    const { world, act, taken, goes } = await prepared()
    const made = await act(world.tenant)
    const before = await counts(world)
    expect(await refusal(act(world.tenant))).toMatchObject(taken)
    expect(await counts(world)).toEqual(before)
    if (goes === null) return
    await goes(made as never)
    const [[kind, first]] = Object.entries(made as Record<string, { id: string }>) as [
      [string, { id: string }],
    ]
    expect(await act(world.tenant)).toMatchObject({ [kind]: { id: first.id, version: 3 } })
  })

  it('answers the same under the same key, whatever has come of it', async () => {
    const { world, act, spoiled } = await prepared()
    const made = await act(world.tenant, { idempotencyKey: 'key' })
    for (const [spoil] of Object.values(spoiled)) await spoil()
    const before = await counts(world)
    expect(await act(world.tenant, { idempotencyKey: 'key' })).toEqual(made)
    expect(await counts(world)).toEqual(before)
  })

  it.each([true, false])('is done once where the answer was lost, committed: %s', async (committed) => {
    const faults: Fault[] = []
    const { world, act } = await prepared({ attempts: 2 }, faults)
    const before = await counts(world)
    faults.push({ error: new StoreError('UNKNOWN_OUTCOME', {}), committed })
    await act(world.tenant)
    const after = await counts(world)
    expect(after.auditRecords - before.auditRecords).toBe(1)
    expect(after.idempotencyRecords - before.idempotencyRecords).toBe(1)
  })
})
