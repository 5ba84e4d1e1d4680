import { StoreError, type UserEngineStore } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { failing, type Fault } from '../test/faults.ts'
import { call, OPERATIONS, operationNames } from '../test/operations.ts'
import { counts, createWorld, deny, ISSUER, refusal, type World } from '../test/world.ts'
import { isUserEngineError } from './errors.ts'

async function denials(world: World) {
  const pages = [world.directory, world.tenant].map((session) => session.queryAudit({ limit: 500 }))
  const entries = (await Promise.all(pages)).flatMap(({ items }) => items)
  return entries.flatMap((entry) => (entry.kind === 'denial' ? [entry.record] : []))
}

function denied(error: unknown) {
  if (!isUserEngineError(error, 'ACCESS_DENIED')) throw error
  return error.details
}

describe('a denied operation', () => {
  it.each(operationNames)('%s is asked for once, recorded once, and does nothing', async (name) => {
    const world = await createWorld()
    const { action, home, prepare } = OPERATIONS[name]
    const session = home === 'tenant' ? world.tenant : world.directory
    const input = await prepare(world)
    const before = await counts(world)
    world.decide(deny(action))
    const details = denied(await refusal(call(session, name, input)))
    expect(world.asked).toHaveLength(1)
    expect(world.asked[0]).toMatchObject({ action, actor: { kind: 'service', id: 'administrator' } })
    expect(details).toMatchObject({ reason: 'not_permitted', durable: true })
    world.decide(() => ({ allow: true }))
    const records = await denials(world)
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ id: details.denialId, action, reason: 'not_permitted' })
    expect(await counts(world)).toEqual({ ...before, denials: before.denials + 1 })
  })

  it('is asked for before anything is read: a foreign record and an absent one make the same question', async () => {
    const world = await createWorld()
    const { tenantAccount, user } = await world.provision()
    const questions: unknown[] = []
    for (const tenantAccountId of [tenantAccount, user]) {
      world.decide(deny('tenant_account.get'))
      denied(await refusal(world.otherTenant.getTenantAccount({ tenantAccountId })))
      questions.push({ ...world.asked[0], target: { ...world.asked[0]?.target, id: null } })
    }
    expect(questions[0]).toEqual(questions[1])
  })

  it('is denied also where it can not be recorded, and says so', async () => {
    const around = (store: UserEngineStore): UserEngineStore => ({
      ...store,
      denials: { append: () => Promise.reject(new StoreError('UNAVAILABLE', { reason: 'capacity' })) },
    })
    const world = await createWorld({ around })
    world.decide(deny('user.list'))
    expect(denied(await refusal(world.directory.listUsers()))).toMatchObject({ durable: false })
    world.decide(() => ({ allow: true }))
    expect(await denials(world)).toEqual([])
  })

  it('stands in one timeline with the changes, in the order in which it happened', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    await world.directory.suspendUser({ userId: user })
    world.decide(deny('user.reactivate'))
    denied(await refusal(world.directory.reactivateUser({ userId: user })))
    world.decide(() => ({ allow: true }))
    await world.directory.reactivateUser({ userId: user })
    const { items } = await world.directory.queryAudit({ targetId: user })
    expect(items.map(({ kind, record }) => [kind, record.action])).toEqual([
      ['change', 'user.suspend'],
      ['denial', 'user.reactivate'],
      ['change', 'user.reactivate'],
    ])
  })
})

describe.each(['eager', 'deferred'] as const)(
  'a denial inside of a composition, with %s writes',
  (writes) => {
    it('is durable before the caller sees it, and the composition may go on and commit', async () => {
      const world = await createWorld({ writes })
      const before = await counts(world)
      world.decide(deny('user.suspend'))
      await world.tenant.transaction(async (unit) => {
        const { user } = await unit.provisionUser({ identity: { issuer: ISSUER, subject: 'a' } })
        const details = denied(await refusal(unit.suspendUser({ userId: user.id })))
        expect((await denials(world)).map(({ id }) => id)).toEqual([details.denialId])
        await unit.linkIdentity({ userId: user.id, issuer: ISSUER, subject: 'b' })
      })
      const after = await counts(world)
      expect(after.denials - before.denials).toBe(1)
      expect(after.externalIdentities - before.externalIdentities).toBe(2)
      expect(after.auditRecords - before.auditRecords).toBe(2)
    })

    it('stays when the composition, or a nested part, is rolled back, and brings no event', async () => {
      const world = await createWorld({ writes })
      const before = await counts(world)
      world.decide(deny('user.suspend'))
      const error = await refusal(
        world.tenant.transaction(async (unit) => {
          const { user } = await unit.provisionUser({ identity: { issuer: ISSUER, subject: 'a' } })
          denied(await refusal(unit.nested((inner) => inner.suspendUser({ userId: user.id }))))
          await unit.suspendUser({ userId: user.id })
        }),
      )
      denied(error)
      expect(await counts(world)).toEqual({ ...before, denials: before.denials + 2 })
    })

    it('leaves one record, with one id, however often the work is run again', async () => {
      const faults: Fault[] = []
      let appended = 0
      const around = (store: UserEngineStore): UserEngineStore => ({
        ...failing(faults)(store),
        denials: {
          append: async (record) => {
            appended += 1
            await store.denials.append(record)
          },
        },
      })
      const world = await createWorld({ writes, around })
      const { user } = await world.provision()
      const before = await counts(world)
      world.decide(deny('user.suspend', 'user.list'))
      for (const committed of [false, false, true]) {
        const code = committed ? 'UNKNOWN_OUTCOME' : 'SERIALIZATION'
        faults.push({ error: new StoreError(code, {}), committed })
      }
      const ids: string[][] = []
      await world.tenant.transaction(async (unit) => {
        const run: string[] = []
        ids.push(run)
        for (const attempt of [
          () => unit.suspendUser({ userId: user }),
          () => unit.suspendUser({ userId: user }),
          () => unit.nested((inner) => inner.listUsers()),
        ]) {
          run.push(denied(await refusal(attempt())).denialId)
        }
        await unit.linkIdentity({ userId: user, issuer: ISSUER, subject: 'again' })
      })
      expect(ids).toHaveLength(4)
      expect(new Set(ids[0]).size).toBe(3)
      for (const run of ids) expect(run).toEqual(ids[0])
      const after = await counts(world)
      expect([after.denials - before.denials, appended]).toEqual([3, 3])
      expect(after.externalIdentities - before.externalIdentities).toBe(1)
      expect(after.auditRecords - before.auditRecords).toBe(1)
    })

    it('leaves another record where another run asks for something else', async () => {
      const faults: Fault[] = []
      const world = await createWorld({ writes, around: failing(faults) })
      const users = [(await world.provision()).user, (await world.provision()).user]
      world.decide(deny('user.get'))
      faults.push({ error: new StoreError('SERIALIZATION', {}), committed: false })
      const asked = users.values()
      await world.tenant.transaction(async (unit) => {
        denied(await refusal(unit.getUser({ userId: asked.next().value ?? '' })))
      })
      world.decide(() => ({ allow: true }))
      expect(new Set((await denials(world)).map(({ target }) => target.id))).toEqual(new Set(users))
    })

    it('is recorded once it can be, where the first run could not', async () => {
      const faults: Fault[] = []
      let full = true
      const around = (store: UserEngineStore): UserEngineStore => ({
        ...failing(faults)(store),
        denials: {
          append: (record) =>
            full
              ? Promise.reject(new StoreError('UNAVAILABLE', { reason: 'capacity' }))
              : store.denials.append(record),
        },
      })
      const world = await createWorld({ writes, around })
      world.decide(deny('user.list'))
      faults.push({ error: new StoreError('SERIALIZATION', {}), committed: false })
      const seen: boolean[] = []
      await world.tenant.transaction(async (unit) => {
        seen.push(denied(await refusal(unit.listUsers())).durable)
        full = false
      })
      expect(seen).toEqual([false, true])
      world.decide(() => ({ allow: true }))
      expect(await denials(world)).toHaveLength(1)
    })
  },
)

describe('asking ahead', () => {
  it('asks before the transaction is opened, and does not ask again', async () => {
    const order: string[] = []
    const around = (store: UserEngineStore): UserEngineStore => ({
      ...store,
      transaction: (scope, work) => {
        order.push('transaction')
        return store.transaction(scope, work)
      },
    })
    const world = await createWorld({ around })
    const { user } = await world.provision()
    order.length = 0
    world.decide(({ action }) => {
      order.push(action)
      return { allow: true }
    })
    await world.tenant.transaction(
      async (unit) => {
        await unit.suspendUser({ userId: user })
        await unit.getUser({ userId: user })
      },
      { authorize: [{ action: 'user.suspend', target: { id: user, kind: 'user' } }] },
    )
    expect(order).toEqual(['user.suspend', 'transaction', 'user.get'])
  })

  it('a refusal ahead opens nothing, and leaves its record where the operation would', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    world.decide(deny('user.suspend'))
    const authorize = [{ action: 'user.suspend', target: { kind: 'user' as const, id: user } }]
    let ran = false
    denied(
      await refusal(
        world.tenant.transaction(
          async () => {
            ran = true
          },
          { authorize },
        ),
      ),
    )
    expect(ran).toBe(false)
    world.decide(() => ({ allow: true }))
    const { items } = await world.directory.queryAudit({ targetId: user })
    expect(items.map(({ kind }) => kind)).toEqual(['denial'])
  })
})
