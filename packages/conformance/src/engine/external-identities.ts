import type { Case } from '../case.ts'
import { counts, createWorld, growth, outcomeOf, refuses } from './world.ts'

export const externalIdentities: readonly Case[] = [
  {
    id: 'UE-ENGINE-007/alone',
    title: 'The last linked identity is not unlinked, unless that is said',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId, identityId } = await world.provision()
      const unlink = (allowLast: boolean) => world.directory.unlinkIdentity({ userId, identityId, allowLast })
      await refuses(ctx, 'UE-ENGINE-007', unlink(false), 'LAST_IDENTITY', 'unlinking the last identity')
      const { code } = await outcomeOf(unlink(true))
      ctx.equal('UE-ENGINE-007', code, null, 'unlinking it with allowLast')
    },
  },
  ...[2, 3, 6].map((count): Case => ({
    id: `UE-ENGINE-007/crosswise-${count}`,
    title: `Of ${count} identities that are all unlinked at once, by two processes, one stays`,
    async run(ctx) {
      const world = await createWorld(ctx)
      const desks = [world, world.on(await ctx.second())]
      for (let round = 0; round < 3; round += 1) {
        const { userId, identityId } = await world.provision()
        const ids = [identityId]
        while (ids.length < count) {
          ids.push((await world.directory.linkIdentity({ userId, ...world.identity() })).identity.id)
        }
        const codes: (string | null)[] = []
        await ctx.race(count, async (index, meet) => {
          await meet()
          const directory = desks[index % 2]?.directory ?? world.directory
          const call = directory.unlinkIdentity({ userId, identityId: ids[index] ?? '' })
          codes[index] = (await outcomeOf(call)).code
        })
        const { items } = await world.directory.listIdentities({ userId })
        const linked = items.filter(({ state }) => state === 'linked').length
        ctx.equal('UE-ENGINE-007', linked, 1, 'identities that are linked still')
        const refused = codes.filter((code) => code !== null)
        ctx.equal('UE-ENGINE-007', refused, ['LAST_IDENTITY'], 'refusals')
      }
    },
  })),
  {
    id: 'UE-ENGINE-001/taken',
    incidents: ['Keycloak #29317', 'Better Auth #10214'],
    title:
      'Sixteen users link one identity at once: one gets it, the others hear IDENTITY_TAKEN and leave nothing',
    profile: 'engine',
    async run(ctx) {
      const world = await createWorld(ctx)
      const desks = [world, world.on(await ctx.second())]
      const users: string[] = []
      while (users.length < 16) users.push((await world.provision()).userId)
      const before = await counts(ctx, world)
      const identity = world.identity()
      const codes: (string | null)[] = []
      await ctx.race(16, async (index, meet) => {
        await meet()
        const directory = desks[index % 2]?.directory ?? world.directory
        const call = directory.linkIdentity({ userId: users[index] ?? '', ...identity })
        codes[index] = (await outcomeOf(call)).code
      })
      const expected = Array.from({ length: 15 }, () => 'IDENTITY_TAKEN')
      ctx.equal(
        'UE-ENGINE-001',
        codes.filter((code) => code !== null),
        expected,
        'what the callers heard',
      )
      ctx.equal(
        'UE-ENGINE-001',
        growth(await counts(ctx, world), before),
        { externalIdentities: 1, auditRecords: 1, pendingEvents: 1, idempotencyRecords: 1 },
        'rows that were added',
      )
    },
  },
]
