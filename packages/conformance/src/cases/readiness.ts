import { directoryScope } from '@user-engine/store'

import type { Case } from '../case.ts'
import { appendAll, claimAll, drain, stream } from './outbox-events.ts'

/** The checks that every store makes. */
const COMMON = [
  'denials.writable',
  'isolation.enforced',
  'outbox.dead_letters',
  'outbox.lag',
  'schema.version',
  'store.reachable',
  'store.writable',
]

export const readiness: readonly Case[] = [
  {
    id: 'UE-READINESS-003/sound',
    title:
      'An empty and sound store is ready, by all checks that every store makes, on each handle, and empty after it',
    async run(ctx) {
      for (const store of [ctx.store, await ctx.second()]) {
        const { status, checks } = await store.readiness()
        const failing = checks.filter((check) => check.status !== 'pass').map(({ code }) => code)
        ctx.equal('UE-READINESS-003', failing, [], 'checks that do not pass')
        ctx.equal('UE-READINESS-003', status, 'ready', 'the status')
        const codes = checks.map(({ code }) => code)
        ctx.equal(
          'UE-READINESS-003',
          COMMON.filter((code) => !codes.some((one) => one === code)),
          [],
          'checks that are missing',
        )
        ctx.equal('UE-READINESS-003', codes.length, new Set(codes).size, 'checks, each once')
      }
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      const left = Object.entries(counts).filter(([, count]) => count > 0)
      ctx.equal('UE-READINESS-003', left, [], 'records that were left behind')
    },
  },
  {
    id: 'UE-READINESS-005/dead-letter',
    title: 'A dead letter makes its check warn and the store degraded, until it is redriven and delivered',
    also: ['UE-READINESS-003'],
    preconditions: ['the check passes without a dead letter'],
    async run(ctx) {
      const look = async () => {
        const { status, checks } = await ctx.store.readiness()
        return [status, checks.find(({ code }) => code === 'outbox.dead_letters')?.status]
      }
      const [event] = stream(ctx, 1)
      if (event === undefined) return
      await appendAll(ctx, [event])
      ctx.precondition('the check passes without a dead letter', (await look())[1] === 'pass')
      const { token } = await claimAll(ctx)
      await ctx.store.outbox.nack({ token, eventId: event.id, delayMs: 0, dead: true })
      ctx.equal('UE-READINESS-005', await look(), ['degraded', 'warn'], 'status and check with a dead letter')
      const second = await ctx.second()
      ctx.equal(
        'UE-READINESS-003',
        (await second.readiness()).status,
        'degraded',
        'the status on another handle',
      )
      await ctx.store.outbox.redrive([event.id])
      ctx.equal('UE-READINESS-005', await look(), ['ready', 'pass'], 'status and check when it is redriven')
      await drain(ctx)
      ctx.equal('UE-READINESS-005', await look(), ['ready', 'pass'], 'status and check when it is delivered')
    },
  },
  {
    id: 'UE-READINESS-002/at-work',
    title:
      'readiness answers in bounded time while transactions are open, inside of one, and after the store was closed',
    preconditions: ['it was ready'],
    async run(ctx) {
      ctx.precondition('it was ready', (await ctx.store.readiness()).status === 'ready')
      await ctx.commit(directoryScope(), async (tx) => {
        await tx.users.insert(ctx.make.user())
        await tx.users.list({ after: null, limit: 1 })
        const { status } = await ctx.answers(
          'UE-READINESS-002',
          ctx.store.readiness(),
          'readiness in a transaction',
        )
        ctx.must('UE-READINESS-002', status !== 'not_ready', `while a transaction is open it is ${status}`)
      })
      await ctx.answers('UE-READINESS-002', ctx.store.close(), 'close')
      const closed = await ctx.answers('UE-READINESS-002', ctx.store.readiness(), 'readiness after close')
      ctx.equal('UE-READINESS-002', closed.status, 'not_ready', 'the status after close')
    },
  },
  {
    id: 'UE-READINESS-002/exhausted',
    title: 'readiness answers in bounded time while all connections for transactions are taken',
    profile: 'store-durable',
    needs: ['faults.exhaust'],
    preconditions: ['it was ready', 'it is ready again'],
    async run(ctx) {
      ctx.precondition('it was ready', (await ctx.store.readiness()).status === 'ready')
      const restore = await ctx.faults.exhaust()
      const { status } = await ctx.answers(
        'UE-READINESS-002',
        ctx.store.readiness(),
        'readiness with none left',
      )
      ctx.note(`with no connection left it is ${status}`)
      await restore()
      ctx.precondition('it is ready again', (await ctx.store.readiness()).status === 'ready')
    },
  },
  {
    id: 'UE-READINESS-001/frozen',
    title:
      'While the backend is frozen the store is not ready, in bounded time, and ready again without a restart after',
    also: ['UE-READINESS-002'],
    preconditions: ['it was ready'],
    async run(ctx) {
      ctx.precondition('it was ready', (await ctx.store.readiness()).status === 'ready')
      const restore = await ctx.faults.suspend()
      const frozen = await ctx.answers(
        'UE-READINESS-002',
        ctx.store.readiness(),
        'readiness of a frozen backend',
      )
      ctx.equal('UE-READINESS-001', frozen.status, 'not_ready', 'the status while it is frozen')
      const reachable = frozen.checks.find(({ code }) => code === 'store.reachable')
      ctx.equal('UE-READINESS-001', reachable?.status, 'fail', 'the check store.reachable')
      await restore()
      let status = 'unknown'
      for (let attempt = 0; attempt < 50 && status !== 'ready'; attempt += 1) {
        if (attempt > 0) await ctx.elapse(100)
        status = (await ctx.answers('UE-READINESS-002', ctx.store.readiness(), 'readiness after the freeze'))
          .status
      }
      ctx.equal('UE-READINESS-001', status, 'ready', 'the status after the freeze')
    },
  },
]
