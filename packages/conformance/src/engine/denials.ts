import { setTimeout as wait } from 'node:timers/promises'

import { isUserEngineError, type UnitOfWork } from '@user-engine/core'
import { StoreError, type UserEngineStore } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'
import { createWorld, readTrail, refuses, type World } from './world.ts'

/** The id of the denial that a call ended in. */
export async function denied(
  ctx: CaseContext,
  id: RequirementId,
  call: Promise<unknown>,
  what: string,
): Promise<string> {
  const error = await refuses(ctx, id, call, 'ACCESS_DENIED', what)
  if (!isUserEngineError(error, 'ACCESS_DENIED')) return ''
  ctx.must(id, error.details.durable, `${what} says that its denial is durable`)
  return error.details.denialId
}

type End = (ctx: CaseContext, world: World, refuse: (unit: UnitOfWork) => Promise<void>) => Promise<void>

/** A composition that writes, is refused, and ends in one way or another. */
const ENDS: Readonly<Record<string, End>> = {
  async commits(_, world, refuse) {
    await world.tenant.transaction(async (unit) => {
      await unit.provisionUser({ identity: world.identity() })
      await refuse(unit)
    })
  },
  async 'rolls-back'(_, world, refuse) {
    const own = new Error('the composition changes its mind')
    await world.tenant
      .transaction(async (unit) => {
        await unit.provisionUser({ identity: world.identity() })
        await refuse(unit)
        throw own
      })
      .catch((error: unknown) => {
        if (error !== own) throw error
      })
  },
  async 'rolls-back-nested'(_, world, refuse) {
    const own = new Error('the nested part changes its mind')
    await world.tenant.transaction((unit) =>
      unit
        .nested((inner) =>
          inner.nested(async (deep) => {
            await deep.provisionUser({ identity: world.identity() })
            await refuse(deep)
            throw own
          }),
        )
        .catch((error: unknown) => {
          if (error !== own) throw error
        }),
    )
  },
  async conflicts(ctx, world, refuse) {
    const { identity } = await world.provision()
    await refuses(
      ctx,
      'UE-ENGINE-002',
      world.tenant.transaction(async (unit) => {
        await refuse(unit)
        await unit.provisionUser({ identity })
      }),
      'IDENTITY_TAKEN',
      'the composition around the denial',
    )
  },
}

export const denials: readonly Case[] = [
  ...Object.entries(ENDS).map(([name, end]): Case => ({
    id: `UE-ENGINE-002/${name}`,
    title: `A denial stays when the composition around it ${name.replaceAll('-', ' ')}, and brings no event`,
    also: ['UE-ENGINE-003'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      let denialId = ''
      await end(ctx, world, async (unit) => {
        denialId = await denied(ctx, 'UE-ENGINE-002', unit.suspendUser({ userId }), 'the refused command')
      })
      const { denials: kept, events, changes } = await readTrail(ctx, world)
      ctx.equal(
        'UE-ENGINE-002',
        kept.map(({ id, action, target }) => ({ id, action, target: target.id })),
        [{ id: denialId, action: 'user.suspend', target: userId }],
        'denials, by another handle',
      )
      const told = events.filter(({ type }) => type.startsWith('user.s'))
      ctx.must('UE-ENGINE-003', told.length === 0, `${told.length} events of the refused command`)
      const done = changes.filter(({ action }) => action === 'user.suspend')
      ctx.must('UE-ENGINE-003', done.length === 0, `${done.length} audit records of the refused command`)
      ctx.must('UE-ENGINE-003', kept.length === 1, `${kept.length} denials of one attempt`)
    },
  })),
  {
    id: 'UE-ENGINE-002/before-it-is-told',
    title: 'While the composition is open, whoever looks from outside sees the denial of which it was told',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      const readings: ReturnType<typeof readTrail>[] = []
      let denialId = ''
      await world.tenant.transaction(async (unit) => {
        await unit.linkIdentity({ userId, ...world.identity() })
        denialId = await denied(ctx, 'UE-ENGINE-002', unit.suspendUser({ userId }), 'the refused command')
        const reading = readings[0] ?? readTrail(ctx, world)
        readings[0] = reading
        if (await ctx.pending(reading)) return ctx.note('the store let them in one by one')
        const { denials: kept } = await reading
        ctx.equal(
          'UE-ENGINE-002',
          kept.map(({ id }) => id),
          [denialId],
          'denials, while it is open',
        )
        return undefined
      })
      const { denials: kept } = await (readings[0] ?? readTrail(ctx, world))
      ctx.equal(
        'UE-ENGINE-002',
        kept.map(({ id }) => id),
        [denialId],
        'denials, afterwards',
      )
    },
  },
  {
    id: 'UE-ENGINE-002/awaited',
    title: 'The caller hears of a denial only when the store has it, however long that takes',
    async run(ctx) {
      let kept = 0
      const around = (store: UserEngineStore): UserEngineStore => ({
        ...store,
        denials: {
          async append(record) {
            await wait(30)
            await store.denials.append(record)
            kept += 1
          },
        },
      })
      const world = await createWorld(ctx, around)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      await denied(ctx, 'UE-ENGINE-002', world.directory.suspendUser({ userId }), 'the refused command')
      ctx.equal('UE-ENGINE-002', kept, 1, 'denials that were kept when a command was refused')
      await world.directory.transaction(async (unit) => {
        const before = kept
        await denied(ctx, 'UE-ENGINE-002', unit.suspendUser({ userId }), 'the refused command')
        ctx.must('UE-ENGINE-002', kept > 1, `${before} and then ${kept} denials were kept in a composition`)
      })
    },
  },
  {
    id: 'UE-ENGINE-002/not-kept',
    title: 'Where the denial can not be kept the command is refused all the same, and the error says so',
    async run(ctx) {
      const around = (store: UserEngineStore): UserEngineStore => ({
        ...store,
        denials: { append: () => Promise.reject(new StoreError('UNAVAILABLE', { reason: 'capacity' })) },
      })
      const world = await createWorld(ctx, around)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      const call = world.directory.suspendUser({ userId })
      const error = await refuses(ctx, 'UE-ENGINE-002', call, 'ACCESS_DENIED', 'the refused command')
      const durable = isUserEngineError(error, 'ACCESS_DENIED') ? error.details.durable : null
      ctx.equal('UE-ENGINE-002', durable, false, 'whether the denial is said to be durable')
      const { state } = await world.directory.getUser({ userId })
      ctx.equal('UE-ENGINE-002', state, 'active', 'the user afterwards')
    },
  },
  {
    id: 'UE-ENGINE-002/many-open',
    title: 'More compositions than there are connections, each refused while it is open, are all answered',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      const ids: string[] = []
      await ctx.race(30, (index, meet) =>
        world.tenant.transaction(async (unit) => {
          await unit.provisionUser({ identity: world.identity() })
          await unit.listUsers()
          await meet()
          const call = denied(
            ctx,
            'UE-ENGINE-002',
            unit.suspendUser({ userId }),
            `the command of worker ${index}`,
          )
          ids[index] = await ctx.answers('UE-ENGINE-002', call, `the refusal of worker ${index}`)
        }),
      )
      const { denials: kept } = await readTrail(ctx, world)
      ctx.equal('UE-ENGINE-002', kept.map(({ id }) => id).toSorted(), ids.toSorted(), 'denials')
    },
  },
  {
    id: 'UE-ENGINE-002/exhausted',
    title: 'A command is refused, durably and at once, while all connections are taken',
    needs: ['faults.exhaust'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      const restore = await ctx.faults.exhaust()
      const call = denied(
        ctx,
        'UE-ENGINE-002',
        world.directory.suspendUser({ userId }),
        'the refused command',
      )
      const denialId = await ctx.answers('UE-ENGINE-002', call, 'the refusal')
      const { denials: kept } = await readTrail(ctx, world)
      ctx.equal(
        'UE-ENGINE-002',
        kept.map(({ id }) => id),
        [denialId],
        'denials, while all are taken',
      )
      await restore()
    },
  },
  {
    id: 'UE-ENGINE-002/cut-off',
    title: 'A denial stays when the composition around it loses its connection',
    also: ['UE-ENGINE-003'],
    needs: ['faults.terminate'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId } = await world.provision()
      world.refuse('user.suspend')
      const ids = new Set<string>()
      const own = new Error('once is enough')
      let runs = 0
      await world.tenant
        .transaction(async (unit) => {
          if ((runs += 1) > 1) throw own
          await unit.linkIdentity({ userId, ...world.identity() })
          await unit.listUsers()
          ids.add(await denied(ctx, 'UE-ENGINE-002', unit.suspendUser({ userId }), 'the refused command'))
          await ctx.faults.terminate()
        })
        .then(
          () => ctx.note('the commit took another connection'),
          (error: unknown) => {
            if (error !== own && !isUserEngineError(error)) throw error
          },
        )
      const { denials: kept } = await readTrail(ctx, world)
      ctx.equal(
        'UE-ENGINE-002',
        kept.map(({ id }) => id),
        [...ids],
        'denials',
      )
      ctx.must('UE-ENGINE-003', kept.length === 1, `${kept.length} denials of one attempt`)
    },
  },
]
