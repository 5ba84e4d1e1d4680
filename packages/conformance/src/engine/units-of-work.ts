import { setTimeout as wait } from 'node:timers/promises'

import type { Session } from '@user-engine/core'
import { StoreError, type UserEngineStore } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { counts, createWorld, growth, outcomeOf, readTrail, refuses, type World } from './world.ts'

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

/** What a caller hears when connections are lost; it may ask again then. */
const TRANSIENT: ReadonlySet<string> = new Set(['UNAVAILABLE', 'TIMEOUT', 'UNKNOWN_OUTCOME', 'CONTENTION'])

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
  register: async (world) => ({
    call: (idempotencyKey) => world.directory.registerTenant({ idempotencyKey }),
    grows: change(1, { tenants: 1 }),
  }),
}

/** Shows of each key that all of it is there once, or nothing. */
async function expectWhole(
  ctx: CaseContext,
  world: World,
  keys: ReadonlyMap<string, boolean>,
): Promise<void> {
  const { changes, events } = await readTrail(ctx, world)
  const byCommand = Map.groupBy(events, ({ commandId }) => commandId)
  for (const { commandId, changes: changed, action } of changes) {
    const told = (byCommand.get(commandId) ?? []).map(({ aggregate, aggregateVersion }) => ({
      id: aggregate.id,
      version: aggregateVersion,
    }))
    const expected = changed.map(({ id, version }) => ({ id, version }))
    const order = (one: { id: string; version: number }, other: { id: string; version: number }) =>
      one.id < other.id ? -1 : one.id > other.id ? 1 : one.version - other.version
    ctx.equal(
      'UE-ENGINE-001',
      told.toSorted(order),
      expected.toSorted(order),
      `the events of one ${action} beside its audit record`,
    )
    byCommand.delete(commandId)
  }
  ctx.must(
    'UE-ENGINE-001',
    byCommand.size === 0,
    `${byCommand.size} commands have events and no audit record`,
  )
  const done = [...keys.values()].filter(Boolean).length
  const audited = changes.filter(({ correlationId }) => correlationId !== null && keys.has(correlationId))
  const names = new Set(audited.map(({ correlationId }) => correlationId))
  ctx.must(
    'UE-ENGINE-001',
    audited.length === done && names.size === done,
    `${done} keys were answered; ${audited.length} audit records name ${names.size} of them`,
  )
  for (const [key, wasDone] of keys) {
    if (wasDone !== names.has(key)) {
      ctx.must('UE-ENGINE-001', false, `a key that was ${wasDone ? 'answered' : 'refused'} left the opposite`)
    }
  }
}

/** A session whose commands can be told apart in the audit, by the key that each is given. */
const keyed = (world: World, key: string): Session =>
  world.engine.as({
    actor: { kind: 'service', id: 'conformance' },
    tenantId: world.tenantId,
    correlationId: key,
  })

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
      while (busy) {
        await ctx.faults.terminate()
        await wait(15)
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
  {
    id: 'UE-ENGINE-008/true-conflicts',
    title:
      'At each of four depths a true conflict undoes its own part, and the composition goes on and commits',
    async run(ctx) {
      const world = await createWorld(ctx)
      const taken = (await world.provision()).identity
      const before = await counts(ctx, world)
      const depths = 4
      const userId = await world.tenant.transaction(async (unit) => {
        const { user } = await unit.provisionUser({ identity: world.identity() })
        const descend = async (inner: typeof unit, depth: number): Promise<void> => {
          await inner.linkIdentity({ userId: user.id, ...world.identity() })
          await refuses(
            ctx,
            'UE-ENGINE-008',
            inner.nested(async (doomed) => {
              await doomed.provisionUser({ identity: world.identity() })
              await doomed.linkIdentity({ userId: user.id, ...taken })
            }),
            'IDENTITY_TAKEN',
            `a nested part at depth ${depth}`,
          )
          const seen = await inner.listIdentities({ userId: user.id })
          ctx.equal('UE-ENGINE-008', seen.items.length, depth + 1, `identities at depth ${depth}, read back`)
          if (depth < depths) await inner.nested((deeper) => descend(deeper, depth + 1))
        }
        await descend(unit, 1)
        await unit.suspendUser({ userId: user.id })
        return user.id
      })
      ctx.equal(
        'UE-ENGINE-008',
        growth(await counts(ctx, world), before),
        {
          users: 1,
          accounts: 1,
          externalIdentities: 1 + depths,
          tenantAccounts: 1,
          auditRecords: 1 + depths + 1,
          pendingEvents: 4 + depths + 1,
          idempotencyRecords: 1 + depths + 1,
        },
        'rows that were added',
      )
      const { state } = await world.directory.getUser({ userId })
      ctx.equal('UE-ENGINE-008', state, 'suspended', 'the user afterwards')
    },
  },
  {
    id: 'UE-ENGINE-008/rolled-back',
    title: 'A composition that fails leaves nothing, whatever its nested parts have settled',
    async run(ctx) {
      const world = await createWorld(ctx)
      const before = await counts(ctx, world)
      const own = new Error('the composition changes its mind')
      const failed = await world.tenant
        .transaction(async (unit) => {
          await unit.provisionUser({ identity: world.identity() })
          await unit.nested((inner) => inner.nested((deep) => deep.registerTenant({})))
          throw own
        })
        .catch((error: unknown) => error)
      ctx.must('UE-ENGINE-008', failed === own, 'it fails with its own error')
      ctx.equal('UE-ENGINE-008', await counts(ctx, world), before, 'rows afterwards')
    },
  },
]
