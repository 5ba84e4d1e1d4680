import type { Case } from '../case.ts'
import { expectWhole, keyed } from './keys.ts'
import { counts, createWorld, growth, outcomeOf, type World } from './world.ts'

type Plan = (world: World) => Promise<{
  readonly call: (key: string) => Promise<unknown>
  readonly grows: Readonly<Record<string, number>>
}>

const change = (pendingEvents: number, records: Readonly<Record<string, number>> = {}) => ({
  ...records,
  auditRecords: 1,
  pendingEvents,
  idempotencyRecords: 1,
})

/** A command of each kind, and the rows that it adds. */
const COMMANDS: Readonly<Record<string, Plan>> = {
  provision: async (world) => {
    const identity = world.identity()
    return {
      call: (idempotencyKey) => world.tenant.provisionUser({ identity, idempotencyKey }),
      grows: change(4, { users: 1, accounts: 1, externalIdentities: 1, tenantAccounts: 1 }),
    }
  },
  suspend: async (world) => {
    const { userId } = await world.provision()
    return {
      call: (idempotencyKey) => world.directory.suspendUser({ userId, idempotencyKey }),
      grows: change(1),
    }
  },
  link: async (world) => {
    const { userId } = await world.provision()
    const identity = world.identity()
    return {
      call: (idempotencyKey) => world.tenant.linkIdentity({ userId, ...identity, idempotencyKey }),
      grows: change(1, { externalIdentities: 1 }),
    }
  },
  unlink: async (world) => {
    const { userId, identityId } = await world.provision()
    await world.directory.linkIdentity({ userId, ...world.identity() })
    return {
      call: (idempotencyKey) => world.directory.unlinkIdentity({ userId, identityId, idempotencyKey }),
      grows: change(1),
    }
  },
  leave: async (world) => {
    const { tenantAccountId } = await world.provision()
    return {
      call: (idempotencyKey) => world.tenant.leaveTenant({ tenantAccountId, idempotencyKey }),
      grows: change(1),
    }
  },
  group: async (world) => ({
    call: (idempotencyKey) =>
      world.tenant.createGroup({ key: 'readers', displayName: 'Readers', idempotencyKey }),
    grows: change(1, { groups: 1 }),
  }),
  member: async (world) => {
    const { tenantAccountId } = await world.provision()
    const { group } = await world.tenant.createGroup({ key: 'readers', displayName: 'Readers' })
    const input = { groupId: group.id, tenantAccountId }
    return {
      call: (idempotencyKey) => world.tenant.addMembership({ ...input, idempotencyKey }),
      grows: change(1, { memberships: 1 }),
    }
  },
  bind: async (world) => {
    const { application } = await world.tenant.registerApplication({ clientKey: 'portal' })
    const applicationId = application.id
    await world.tenant.activateApplication({ applicationId })
    return {
      call: (idempotencyKey) => world.tenant.requestBinding({ applicationId, idempotencyKey }),
      grows: change(1, { applicationBindings: 1 }),
    }
  },
  publish: async (world) => {
    const definitions = { attributes: [{ name: 'title' }] }
    const first = await world.tenant.draftCatalog({ key: 'profile', definitions })
    await world.tenant.publishCatalog({ catalogId: first.catalog.id })
    const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
    return {
      call: (idempotencyKey) => world.tenant.publishCatalog({ catalogId: catalog.id, idempotencyKey }),
      grows: change(2),
    }
  },
  describe: async (world) => {
    const { userId } = await world.provision()
    const definitions = { attributes: [{ name: 'title' }, { name: 'nickName' }] }
    const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
    await world.tenant.publishCatalog({ catalogId: catalog.id })
    const source = 'kit'
    await world.tenant.setProfileValues({ userId, values: { 'profile:title': 'Guide' }, source })
    const values = { 'profile:title': 'Chief', 'profile:nickName': 'Babs' }
    const expectedVersions = { 'profile:title': 1 }
    return {
      call: (idempotencyKey) =>
        world.tenant.setProfileValues({ userId, values, source, expectedVersions, idempotencyKey }),
      grows: change(2, { profileValues: 1 }),
    }
  },
  register: async (world) => ({
    call: (idempotencyKey) => world.directory.registerTenant({ idempotencyKey }),
    grows: change(1, { tenants: 1 }),
  }),
}

export const unitsOfWork: readonly Case[] = [
  ...Object.entries(COMMANDS).map(([name, prepare]): Case => ({
    id: `UE-ENGINE-001/${name}`,
    title: `A command to ${name} leaves its rows, one audit record, its events and its key, or nothing of it`,
    async run(ctx) {
      const world = await createWorld(ctx)
      const { call, grows } = await prepare(world)
      const before = await counts(ctx, world)
      await call(ctx.canary())
      const after = await counts(ctx, world)
      ctx.equal('UE-ENGINE-001', growth(after, before), grows, 'rows that were added')
      const again = await outcomeOf(call(ctx.canary()))
      ctx.must(
        'UE-ENGINE-001',
        name === 'register' || again.code !== null,
        `the same command under another key: ${again.code ?? 'resolved'}`,
      )
      if (again.code !== null) {
        ctx.equal('UE-ENGINE-001', await counts(ctx, world), after, 'rows after a command that was refused')
      }
    },
  })),
  {
    id: 'UE-ENGINE-001/keys',
    title: 'Of commands that collide each key is there with all that belongs to it, once, or not at all',
    profile: 'engine',
    preconditions: ['some commands were answered and some refused'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const users = [await world.provision(), await world.provision(), await world.provision()]
      const keys = new Map<string, boolean>()
      await ctx.race(8, async (worker) => {
        for (let step = 0; step < 6; step += 1) {
          const { userId, identityId } = users[(worker + step) % users.length] ?? {
            userId: '',
            identityId: '',
          }
          const key = `${worker}-${step}`
          const session = keyed(world, key)
          const calls = [
            () => session.suspendUser({ userId, idempotencyKey: key }),
            () => session.reactivateUser({ userId, idempotencyKey: key }),
            () => session.linkIdentity({ userId, ...world.identity(), idempotencyKey: key }),
            () => session.unlinkIdentity({ userId, identityId, idempotencyKey: key }),
          ]
          const call = calls[(worker * 7 + step) % calls.length] ?? calls[0]
          const first = await outcomeOf<unknown>(call?.() ?? Promise.resolve(null))
          keys.set(key, first.code === null)
        }
      })
      const answered = [...keys.values()]
      ctx.precondition(
        'some commands were answered and some refused',
        answered.includes(true) && answered.includes(false),
      )
      await expectWhole(ctx, world, keys)
    },
  },
]
