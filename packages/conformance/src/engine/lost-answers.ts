import { setTimeout as wait } from 'node:timers/promises'

import { StoreError, type UserEngineStore } from '@user-engine/store'

import type { Case } from '../case.ts'
import { expectWhole, keyed } from './keys.ts'
import { counts, createWorld, growth, outcomeOf } from './world.ts'

/** What a caller hears when connections are lost; it may ask again then. */
const TRANSIENT: ReadonlySet<string> = new Set(['UNAVAILABLE', 'TIMEOUT', 'UNKNOWN_OUTCOME', 'CONTENTION'])

export const lostAnswers: readonly Case[] = [
  ...(['before-commit', 'after-commit'] as const).map((point): Case => ({
    id: `UE-ENGINE-001/cut-${point}`,
    title: `When the connection is cut ${point.replace('-', ' the ')}, the key tells what happened, and it happens once`,
    needs: ['faults.cut'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      const keys = new Map<string, boolean>()
      for (let round = 0; round < 3; round += 1) {
        const key = `cut-${round}`
        const session = keyed(world, key)
        const restore = await ctx.faults.cut(point)
        const input = { userId, ...world.identity(), idempotencyKey: key }
        await outcomeOf(session.linkIdentity(input))
        await restore()
        const { identity } = await session.linkIdentity(input)
        keys.set(key, true)
        ctx.equal(
          'UE-ENGINE-001',
          (await session.getIdentity({ identityId: identity.id })).version,
          identity.version,
          'the version of the identity',
        )
      }
      await expectWhole(ctx, world, keys)
    },
  })),
  {
    id: 'UE-ENGINE-001/terminated',
    title: 'Commands whose connections are ended are there once after they were asked for again',
    needs: ['faults.terminate'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      const keys = new Map<string, boolean>()
      let cut = 0
      const working = Array.from({ length: 8 }, async (_, worker) => {
        // Until somebody was hit, or it is plain that the store hides it well.
        for (let step = 0; step < 4 || (cut === 0 && step < 100); step += 1) {
          const key = `${worker}-${step}`
          const input = { userId, ...world.identity(), idempotencyKey: key }
          for (let again = true; again;) {
            const { code } = await outcomeOf(keyed(world, key).linkIdentity(input))
            again = code !== null
            if (again) cut += 1
            ctx.must(
              'UE-ENGINE-001',
              code === null || TRANSIENT.has(code),
              `a command was answered ${code ?? 'well'}`,
            )
          }
          keys.set(key, true)
        }
      })
      let busy = true
      const done = Promise.all(working).finally(() => {
        busy = false
      })
      // Ever more seldom, so that a slow store gets done as well.
      for (let pause = 15; busy; pause *= 1.1) {
        await ctx.faults.terminate()
        await wait(pause)
      }
      await done
      ctx.note(`${cut} answers were lost`)
      await expectWhole(ctx, world, keys)
    },
  },
  {
    id: 'UE-ENGINE-001/lost-answer',
    title: 'Where the answer to a commit is lost the engine asks again, and does nothing twice',
    async run(ctx) {
      let losing = false
      const around = (store: UserEngineStore): UserEngineStore => ({
        ...store,
        async transaction(scope, work) {
          const answer = await store.transaction(scope, work)
          const lost = losing
          losing = false
          if (lost) throw new StoreError('UNKNOWN_OUTCOME', {})
          return answer
        },
      })
      const world = await createWorld(ctx, around)
      const { userId } = await world.provision()
      const before = await counts(ctx, world)
      losing = true
      const composed = await world.directory.transaction(async (unit) => [
        await unit.suspendUser({ userId }),
        await unit.reactivateUser({ userId }),
      ])
      ctx.equal(
        'UE-ENGINE-001',
        composed.map(({ user }) => user.version),
        [2, 3],
        'versions that were answered',
      )
      ctx.equal(
        'UE-ENGINE-001',
        growth(await counts(ctx, world), before),
        { auditRecords: 2, pendingEvents: 2, idempotencyRecords: 2 },
        'rows that were added',
      )
    },
  },
]
