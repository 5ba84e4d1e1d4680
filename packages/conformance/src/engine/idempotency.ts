import type { Case } from '../case.ts'
import { counts, createWorld, growth, outcomeOf, refuses } from './world.ts'

export const idempotency: readonly Case[] = [
  {
    id: 'UE-ENGINE-004/replayed',
    title:
      'A command asked for again with its key answers the same and does nothing, also by another process',
    async run(ctx) {
      const world = await createWorld(ctx)
      const beside = world.on(await ctx.second())
      const identity = world.identity()
      const provision = { identity, idempotencyKey: ctx.canary() }
      const first = await world.tenant.provisionUser(provision)
      const suspend = { userId: first.user.id, idempotencyKey: ctx.canary() }
      const second = await world.directory.suspendUser(suspend)
      const before = await counts(ctx, world)
      ctx.equal('UE-ENGINE-004', await world.tenant.provisionUser(provision), first, 'the answer again')
      ctx.equal('UE-ENGINE-004', await beside.tenant.provisionUser(provision), first, 'the answer elsewhere')
      ctx.equal(
        'UE-ENGINE-004',
        await beside.directory.suspendUser(suspend),
        second,
        'the answer of an update',
      )
      const composed = await beside.directory.transaction((unit) =>
        unit.nested((inner) => inner.suspendUser(suspend)),
      )
      ctx.equal('UE-ENGINE-004', composed, second, 'the answer in a composition')
      ctx.equal('UE-ENGINE-004', await counts(ctx, world), before, 'rows afterwards')
    },
  },
  {
    id: 'UE-ENGINE-004/raced',
    title: 'Sixteen times one command with one key at once, by two processes: all hear the same, done once',
    profile: 'engine',
    async run(ctx) {
      const world = await createWorld(ctx)
      const desks = [world, world.on(await ctx.second())]
      const { userId, identityId } = await world.provision()
      await world.directory.linkIdentity({ userId, ...world.identity() })
      const suspend = { userId, expectedVersion: 1, idempotencyKey: ctx.canary() }
      const unlink = { userId, identityId, idempotencyKey: ctx.canary() }
      const before = await counts(ctx, world)
      for (const [what, call] of [
        ['suspendUser', (index: number) => desks[index % 2]?.directory.suspendUser(suspend)],
        ['unlinkIdentity', (index: number) => desks[index % 2]?.directory.unlinkIdentity(unlink)],
      ] as const) {
        const answers: unknown[] = []
        await ctx.race(16, async (index, meet) => {
          await meet()
          const { answer, code } = await outcomeOf(Promise.resolve(call(index)))
          answers[index] = answer ?? code
        })
        const different = answers.filter((each) => JSON.stringify(each) !== JSON.stringify(answers[0]))
        ctx.equal(
          'UE-ENGINE-004',
          different,
          [],
          `answers of ${what} that differ from ${JSON.stringify(answers[0])}`,
        )
      }
      ctx.equal(
        'UE-ENGINE-004',
        growth(await counts(ctx, world), before),
        { auditRecords: 2, pendingEvents: 2, idempotencyRecords: 2 },
        'rows that were added',
      )
    },
  },
  {
    id: 'UE-ENGINE-004/other-request',
    title:
      'A key that was used for another request is refused, and is another key for another actor or tenant',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      const idempotencyKey = ctx.canary()
      await world.tenant.linkIdentity({ userId, ...world.identity(), idempotencyKey })
      const before = await counts(ctx, world)
      for (const [what, call] of [
        ['another subject', () => world.tenant.linkIdentity({ userId, ...world.identity(), idempotencyKey })],
        ['another command', () => world.tenant.provisionUser({ identity: world.identity(), idempotencyKey })],
      ] as const) {
        await refuses(ctx, 'UE-ENGINE-004', call(), 'IDEMPOTENCY_MISMATCH', what)
      }
      ctx.equal('UE-ENGINE-004', await counts(ctx, world), before, 'rows afterwards')
      const somebody = world.engine.as({
        actor: { kind: 'user', id: 'conformance' },
        tenantId: world.tenantId,
      })
      for (const session of [somebody, world.other]) {
        const { code } = await outcomeOf(
          session.linkIdentity({ userId, ...world.identity(), idempotencyKey }),
        )
        ctx.equal('UE-ENGINE-004', code, null, 'the key of another actor or tenant')
      }
    },
  },
  {
    id: 'UE-ENGINE-004/asked-again',
    title: 'The policy is asked each time: a replay is refused where the command would be',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      const input = { userId, idempotencyKey: ctx.canary() }
      const first = await world.directory.suspendUser(input)
      world.refuse('user.suspend')
      await refuses(ctx, 'UE-ENGINE-004', world.directory.suspendUser(input), 'ACCESS_DENIED', 'the replay')
      ctx.equal('UE-ENGINE-004', world.asked.length, 1, 'questions that the policy was asked')
      world.refuse()
      ctx.equal('UE-ENGINE-004', await world.directory.suspendUser(input), first, 'the answer afterwards')
    },
  },
  {
    id: 'UE-ENGINE-004/rolled-back',
    title: 'The key of a command that was rolled back is free',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      const idempotencyKey = ctx.canary()
      const own = new Error('the composition changes its mind')
      await world.directory
        .transaction(async (unit) => {
          await unit.suspendUser({ userId, idempotencyKey })
          throw own
        })
        .catch((error: unknown) => {
          if (error !== own) throw error
        })
      const { code } = await outcomeOf(world.directory.closeAccount({ userId, idempotencyKey }))
      ctx.equal('UE-ENGINE-004', code, null, 'another command under the key')
    },
  },
]
