import { DIRECTORY, StoreError } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { call, COMMANDS, commandNames } from '../test/operations.ts'
import { failing, type Fault } from '../test/faults.ts'
import { counts, createWorld, ISSUER, refusal } from '../test/world.ts'
import { isUserEngineError } from './errors.ts'

describe.each(['eager', 'deferred'] as const)('the unit of work, with %s writes', (writes) => {
  it.each(commandNames)(
    '%s commits change, one audit record, an event for each version, and its key',
    async (name) => {
      const world = await createWorld({ writes })
      const sample = COMMANDS[name]
      const session = sample.home === 'tenant' || name === 'provisionUser' ? world.tenant : world.directory
      const input = await sample.prepare(world)
      const before = await counts(world)
      const result = await call(session, name, input)
      const after = await counts(world)
      type Ref = { id: string; version: number }
      const refs = Object.values(result as Record<string, Ref | Ref[] | null>).flat()
      const changed = refs.flatMap((ref) => (ref === null ? [] : [{ id: ref.id, version: ref.version }]))
      expect(changed.length).toBeGreaterThan(0)
      expect(after.auditRecords - before.auditRecords).toBe(1)
      expect(after.pendingEvents - before.pendingEvents).toBe(changed.length)
      expect(after.idempotencyRecords - before.idempotencyRecords).toBe(1)
      const entries = [
        ...(await world.directory.queryAudit({ limit: 500 })).items,
        ...(await world.tenant.queryAudit({ limit: 500 })).items,
      ].flatMap((entry) => (entry.kind === 'change' ? [entry.record] : []))
      const record = entries.filter(({ action }) => action === sample.action).at(-1)
      expect(record?.changes.map(({ id, version }) => ({ id, version }))).toEqual(changed)
      expect(record?.target.id).toBeTypeOf('string')
      const events = [
        ...(await world.directory.pendingEvents({ limit: 500 })).items,
        ...(await world.tenant.pendingEvents({ limit: 500 })).items,
      ].map(({ event }) => event)
      const own = events.filter(({ commandId }) => commandId === record?.commandId)
      const told = own.map(({ aggregate, aggregateVersion }) => `${aggregate.id} ${aggregateVersion}`)
      expect(told.sort()).toEqual(changed.map(({ id, version }) => `${id} ${version}`).sort())
    },
  )

  it('keeps nothing of a composition that fails, and its own error reaches the caller', async () => {
    const world = await createWorld({ writes })
    const before = await counts(world)
    const own = new Error('own')
    const error = await refusal(
      world.tenant.transaction(async (unit) => {
        await unit.provisionUser({ identity: { issuer: ISSUER, subject: 'a' } })
        throw own
      }),
    )
    expect(error).toBe(own)
    expect(await counts(world)).toEqual(before)
  })

  it('undoes exactly the nested part, after a true conflict, and goes on', async () => {
    const world = await createWorld({ writes })
    await world.provision({ identity: { issuer: ISSUER, subject: 'taken' } })
    const before = await counts(world)
    const caught: unknown[] = []
    const kept = await world.tenant.transaction(async (unit) => {
      const first = await unit.provisionUser({ identity: { issuer: ISSUER, subject: 'first' } })
      for (const depth of [1, 2]) {
        await unit
          .nested(async (inner) => {
            await inner.provisionUser({ identity: { issuer: ISSUER, subject: `inner-${depth}` } })
            if (depth === 2) {
              await inner
                .nested((innermost) =>
                  innermost.linkIdentity({ userId: first.user.id, issuer: ISSUER, subject: 'taken' }),
                )
                .catch((error: unknown) => caught.push(error))
              await inner.linkIdentity({ userId: first.user.id, issuer: ISSUER, subject: 'second' })
              return
            }
            await inner.linkIdentity({ userId: first.user.id, issuer: ISSUER, subject: 'taken' })
          })
          .catch((error: unknown) => caught.push(error))
      }
      await unit.suspendUser({ userId: first.user.id })
      return first
    })
    expect(caught.map((error) => (isUserEngineError(error) ? error.code : error))).toEqual([
      'IDENTITY_TAKEN',
      'IDENTITY_TAKEN',
    ])
    const after = await counts(world)
    expect(after.users - before.users).toBe(2)
    expect(after.externalIdentities - before.externalIdentities).toBe(3)
    expect(after.auditRecords - before.auditRecords).toBe(4)
    expect(after.pendingEvents - before.pendingEvents).toBe(4 + 4 + 1 + 1)
    expect(after.idempotencyRecords - before.idempotencyRecords).toBe(4)
    expect((await world.directory.getUser({ userId: kept.user.id })).state).toBe('suspended')
  })

  it('a composition may change one record again and again, and rest on it meanwhile', async () => {
    const world = await createWorld({ writes })
    const userId = await world.directory.transaction(async (unit) => {
      const { user } = await unit.provisionUser({ identity: { issuer: ISSUER, subject: 'once' } })
      await unit.linkIdentity({ userId: user.id, issuer: ISSUER, subject: 'twice', expectedVersion: 1 })
      await unit.suspendUser({ userId: user.id, expectedVersion: 1 })
      await unit.reactivateUser({ userId: user.id, expectedVersion: 2 })
      await unit.linkIdentity({ userId: user.id, issuer: ISSUER, subject: 'thrice', expectedVersion: 3 })
      return user.id
    })
    const { items } = await world.directory.pendingEvents({ limit: 500 })
    const versions = items.filter(({ event }) => event.aggregate.id === userId)
    expect(versions.map(({ event }) => event.aggregateVersion)).toEqual([1, 2, 3])
  })

  it.each(['SERIALIZATION', 'VERSION_CONFLICT'] as const)(
    'runs again after %s, and does it once',
    async (code) => {
      const details = { SERIALIZATION: {}, VERSION_CONFLICT: { kind: 'user', id: DIRECTORY } } as const
      const faults: Fault[] = []
      const world = await createWorld({ writes, around: failing(faults) })
      const { user } = await world.provision()
      const before = await counts(world)
      for (let round = 0; round < 3; round += 1) {
        faults.push({ error: new StoreError(code, details[code]), committed: false })
      }
      expect(await world.directory.suspendUser({ userId: user })).toEqual({ user: { id: user, version: 2 } })
      expect(faults).toEqual([])
      expect((await counts(world)).auditRecords - before.auditRecords).toBe(1)
    },
  )

  it('a lost answer to the commit is asked for with the same key: nothing happens twice', async () => {
    const faults: Fault[] = []
    const world = await createWorld({ writes, around: failing(faults) })
    const { user } = await world.provision()
    const before = await counts(world)
    faults.push({ error: new StoreError('UNKNOWN_OUTCOME', {}), committed: true })
    expect(await world.directory.suspendUser({ userId: user })).toEqual({ user: { id: user, version: 2 } })
    faults.push({ error: new StoreError('UNKNOWN_OUTCOME', {}), committed: true })
    const composed = await world.directory.transaction(async (unit) => {
      const again = await unit.reactivateUser({ userId: user })
      const linked = await unit.linkIdentity({ userId: user, issuer: ISSUER, subject: 'composed' })
      return { again, linked }
    })
    expect(composed.again.user.version).toBe(3)
    const after = await counts(world)
    expect(after.auditRecords - before.auditRecords).toBe(3)
    expect(after.pendingEvents - before.pendingEvents).toBe(3)
    expect(after.externalIdentities - before.externalIdentities).toBe(1)
  })

  it('says UNKNOWN_OUTCOME with the key where the answer stays lost, and the key tells', async () => {
    const faults: Fault[] = []
    const world = await createWorld({ writes, around: failing(faults) })
    const { user } = await world.provision()
    for (const committed of [false, true, false]) {
      faults.push({ error: new StoreError('UNKNOWN_OUTCOME', {}), committed })
    }
    const error = await refusal(world.directory.suspendUser({ userId: user }))
    expect(faults).toEqual([])
    if (!isUserEngineError(error, 'UNKNOWN_OUTCOME')) throw error
    const [idempotencyKey = '', ...others] = error.details.idempotencyKeys
    expect(others).toEqual([])
    expect(await world.directory.suspendUser({ userId: user, idempotencyKey })).toEqual({
      user: { id: user, version: 2 },
    })
  })

  it('says CONTENTION where others win each time, and nothing was written', async () => {
    const faults = Array.from({ length: 3 }, () => ({
      error: new StoreError('SERIALIZATION', {}),
      committed: false,
    }))
    const queue: Fault[] = []
    const world = await createWorld({ writes, attempts: 3, around: failing(queue) })
    const { user } = await world.provision()
    const before = await counts(world)
    queue.push(...faults)
    expect(await refusal(world.directory.suspendUser({ userId: user }))).toMatchObject({
      code: 'CONTENTION',
      retryable: true,
    })
    expect(await counts(world)).toEqual(before)
  })

  it.each([
    ['NOT_READY', { check: 'schema.version' }],
    ['UNAVAILABLE', { reason: 'connection' }],
    ['TIMEOUT', {}],
  ] as const)('answers %s as the store does, at once', async (code, details) => {
    const queue: Fault[] = []
    const world = await createWorld({ writes, around: failing(queue) })
    const fault = { error: new StoreError(code, details), committed: false }
    queue.push(fault, fault)
    const error = await refusal(world.directory.listUsers({}))
    expect(error).toMatchObject({ code, details, cause: fault.error })
    expect(queue).toHaveLength(1)
  })

  it('two who decided on the same version: one wins, the other hears VERSION_CONFLICT', async () => {
    const world = await createWorld({ writes })
    const { user } = await world.provision()
    const tries = Array.from({ length: 16 }, () =>
      world.directory.suspendUser({ userId: user, expectedVersion: 1 }),
    )
    const settled = await Promise.allSettled(tries)
    const lost = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))
    expect(lost).toHaveLength(15)
    for (const error of lost) expect(error).toMatchObject({ code: 'VERSION_CONFLICT' })
  })

  it('pending events are those of the context: a tenant does not see the directory, in a composition neither', async () => {
    const world = await createWorld({ writes })
    await world.provision()
    const kinds = (page: { items: readonly { event: { aggregate: { kind: string } } }[] }) =>
      new Set(page.items.map(({ event }) => event.aggregate.kind))
    expect(kinds(await world.tenant.pendingEvents())).toEqual(new Set(['tenant_account']))
    const composed = await world.tenant.transaction((unit) => unit.pendingEvents())
    expect(kinds(composed)).toEqual(new Set(['tenant_account']))
    expect(kinds(await world.directory.pendingEvents())).toEqual(
      new Set(['tenant', 'user', 'account', 'external_identity']),
    )
  })
})
