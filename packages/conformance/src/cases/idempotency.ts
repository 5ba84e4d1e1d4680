import { directoryScope, isStoreError, tenantScope, type IdempotencyRecord } from '@user-engine/store'

import type { Case, CaseContext, ExpectedError } from '../case.ts'
import { winnersOf } from './winners.ts'

const TAKEN: ExpectedError = { code: 'CONFLICT', details: { constraint: 'idempotency_key' } }

const find = (ctx: CaseContext, key: IdempotencyRecord) =>
  ctx.commit(directoryScope(), (tx) => tx.idempotency.find(key))

export const idempotency: readonly Case[] = [
  {
    id: 'UE-IDEMPOTENCY-001/nested',
    title: 'A record that was inserted in a nested transaction is undone with it, and its key is free',
    preconditions: ['it was found inside'],
    async run(ctx) {
      const key = ctx.make.idempotencyRecord()
      const refusal = new Error('the nested work changes its mind')
      await ctx.commit(directoryScope(), async (tx) => {
        await tx
          .nested(async (nested) => {
            await nested.idempotency.insert(key, 60_000)
            ctx.precondition('it was found inside', (await nested.idempotency.find(key)) !== null)
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
        ctx.equal(
          'UE-IDEMPOTENCY-001',
          await tx.idempotency.find(key),
          null,
          'the record after the nested failure',
        )
      })
      ctx.equal('UE-IDEMPOTENCY-001', await find(ctx, key), null, 'the record after the commit')
      const again = { ...key, commandId: ctx.make.idempotencyRecord().commandId }
      await ctx.commit(directoryScope(), (tx) => tx.idempotency.insert(again, 60_000))
      ctx.equal('UE-IDEMPOTENCY-001', await find(ctx, key), again, 'the record under the key that was free')
    },
  },
  {
    id: 'UE-IDEMPOTENCY-002/before-versions',
    title:
      'A transaction whose key is taken fails with that, although the versions it rests on have changed as well',
    preconditions: ['without the key it fails by the version', 'the first one committed'],
    async run(ctx) {
      const { user, account } = await ctx.seed()
      const key = ctx.make.idempotencyRecord()
      const command = (keyed: boolean) =>
        ctx.commit(directoryScope(), async (tx) => {
          if (keyed) await tx.idempotency.insert(key, 60_000)
          await tx.users.update(ctx.make.next(user, { state: 'suspended' }))
          await tx.accounts.guard(account)
          await tx.audit.append(ctx.make.auditRecord())
        })
      await command(true)
      ctx.precondition('the first one committed', (await find(ctx, key)) !== null)
      const unkeyed = await command(false).catch((error: unknown) => error)
      ctx.precondition('without the key it fails by the version', isStoreError(unkeyed, 'VERSION_CONFLICT'))
      await ctx.rejects('UE-IDEMPOTENCY-002', () => command(true), TAKEN, 'the repetition')
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-IDEMPOTENCY-002', counts.auditRecords, 1, 'audit records')
    },
  },
  {
    id: 'UE-IDEMPOTENCY-002/race',
    title:
      'Of 16 parallel commands under one key one is carried out, and the others are told that the key is taken',
    profile: 'store-concurrent',
    async run(ctx) {
      const { user } = await ctx.seed()
      const key = ctx.make.idempotencyRecord()
      const handles = [ctx.store, await ctx.second()] as const
      const commands = Array.from({ length: 16 }, () => ctx.make.idempotencyRecord().commandId)
      const results = await ctx.race(16, async (index, meet) => {
        const commandId = commands[index] ?? key.commandId
        await meet('start')
        await ctx.commit(
          directoryScope(),
          async (tx) => {
            // Each decides on the first version, as one does that has read before the winner committed.
            await tx.idempotency.insert({ ...key, commandId }, 60_000)
            await tx.users.update(ctx.make.next(user, { state: 'suspended' }))
            await tx.audit.append(ctx.make.auditRecord({ commandId }))
            await tx.outbox.append(ctx.make.event('user', { ...user, version: 2 }, { commandId }))
          },
          handles[index % 2 === 0 ? 0 : 1],
        )
        return commandId
      })
      const won = winnersOf(ctx, 'UE-IDEMPOTENCY-002', 'idempotency_key', results)
      ctx.equal('UE-IDEMPOTENCY-002', won.length, 1, 'commands that were carried out')
      ctx.equal('UE-IDEMPOTENCY-002', (await find(ctx, key))?.commandId, won[0], 'the command of the record')
      const counts = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      const left = [counts.auditRecords, counts.pendingEvents, counts.idempotencyRecords]
      ctx.equal('UE-IDEMPOTENCY-002', left, [1, 1, 1], 'audit records, events and idempotency records')
    },
  },
  {
    id: 'UE-IDEMPOTENCY-002/loser-rolled-back',
    title: 'Where the holder of a key rolls back, one that waited for it may take the key',
    profile: 'store-concurrent',
    async run(ctx) {
      const key = ctx.make.idempotencyRecord()
      const second = await ctx.second()
      const refusal = new Error('the work changes its mind')
      const other = { ...key, commandId: ctx.make.idempotencyRecord().commandId }
      const [, waiting] = await ctx.race(2, async (index, meet) => {
        if (index === 1) {
          await meet('taken')
          return ctx.commit(directoryScope(), (tx) => tx.idempotency.insert(other, 60_000), second)
        }
        return ctx
          .commit(directoryScope(), async (tx) => {
            await tx.idempotency.insert(key, 60_000)
            await tx.users.list({ after: null, limit: 1 })
            await meet('taken')
            throw refusal
          })
          .catch((error: unknown) => {
            if (error !== refusal) throw error
          })
      })
      ctx.must(
        'UE-IDEMPOTENCY-002',
        waiting?.status === 'fulfilled',
        `the other one ${ctx.show(waiting?.status)}`,
      )
      ctx.equal('UE-IDEMPOTENCY-002', await find(ctx, key), other, 'the record')
    },
  },
  {
    id: 'UE-IDEMPOTENCY-003/expiry',
    title: 'A record is found and counted until its time has passed, then its key is free',
    also: ['UE-DIAGNOSTICS-003'],
    preconditions: ['it was found before'],
    async run(ctx) {
      const [short, long] = [ctx.make.idempotencyRecord(), ctx.make.idempotencyRecord()]
      await ctx.commit(directoryScope(), async (tx) => {
        // More milliseconds than 32 bits hold.
        await tx.idempotency.insert(long, 3_000_000_000)
        await tx.idempotency.insert(short, 2_100)
      })
      ctx.precondition('it was found before', (await find(ctx, short)) !== null)
      ctx.equal('UE-IDEMPOTENCY-003', await find(ctx, short), short, 'the record before its time has passed')
      await ctx.rejects(
        'UE-IDEMPOTENCY-003',
        () => ctx.commit(directoryScope(), (tx) => tx.idempotency.insert(short, 2_000)),
        TAKEN,
        'the key before its time has passed',
      )
      await ctx.elapse(2_200)
      ctx.equal('UE-IDEMPOTENCY-003', await find(ctx, short), null, 'the record after its time')
      ctx.equal('UE-IDEMPOTENCY-003', await find(ctx, long), long, 'a record whose time has not passed')
      const { idempotencyRecords } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-DIAGNOSTICS-003', idempotencyRecords, 1, 'idempotency records that have not expired')
      const { actor, key } = short
      const again = ctx.make.idempotencyRecord({ actor, key, result: { version: 2 } })
      await ctx.commit(directoryScope(), (tx) => tx.idempotency.insert(again, 60_000))
      ctx.equal('UE-IDEMPOTENCY-003', await find(ctx, short), again, 'the record under the key that was free')
      await ctx.rejects(
        'UE-IDEMPOTENCY-003',
        () => ctx.commit(directoryScope(), (tx) => tx.idempotency.insert(short, 60_000)),
        TAKEN,
        'the key that was taken again',
      )
    },
  },
  {
    id: 'UE-IDEMPOTENCY-004/separate',
    title: 'The same key of another actor, of another scope, or that only looks alike is another key',
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const key = ctx.make.idempotencyRecord({ actor: 'service:signup', key: 'order-1' })
      const others = [
        ctx.make.idempotencyRecord({ actor: 'user:signup', key: 'order-1' }),
        ctx.make.idempotencyRecord({ actor: 'service:Signup', key: 'order-1' }),
        ctx.make.idempotencyRecord({ actor: 'service:signup', key: 'Order-1' }),
        ctx.make.idempotencyRecord({ actor: 'service:signup', key: 'order-1 ' }),
        ctx.make.idempotencyRecord({ actor: 'service:signu', key: 'porder-1' }),
        ctx.make.idempotencyRecord({ actor: 'service', key: 'signup:order-1' }),
        ctx.make.idempotencyRecord({ actor: 'service:signup:order', key: '1' }),
        ctx.make.idempotencyRecord({ actor: 'service:signup', key: 'order_1' }),
        ctx.make.idempotencyRecord({ actor: 'service:signup', key: 'order-%' }),
        ctx.make.idempotencyRecord({ scopeId: tenant.id, actor: 'service:signup', key: 'order-1' }),
      ]
      const scope = directoryScope(tenant.id)
      await ctx.commit(scope, (tx) => tx.idempotency.insert(key, 60_000))
      for (const [index, other] of others.entries()) {
        const before = await ctx.commit(scope, (tx) => tx.idempotency.find(other))
        ctx.equal('UE-IDEMPOTENCY-004', before, null, `what is found under other key ${index}`)
        await ctx.commit(scope, (tx) => tx.idempotency.insert(other, 60_000))
      }
      for (const one of [key, ...others]) {
        const found = await ctx.commit(scope, (tx) => tx.idempotency.find(one))
        ctx.equal('UE-IDEMPOTENCY-004', found, one, 'the record of its own key')
      }
      const inTenant = await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())
      ctx.equal('UE-IDEMPOTENCY-004', inTenant.idempotencyRecords, 1, 'records of the tenant')
    },
  },
]
