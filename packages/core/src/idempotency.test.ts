import { describe, expect, it } from 'vitest'

import { call, COMMANDS, commandNames } from '../test/operations.ts'
import { allow, counts, createWorld, deny, ISSUER, KEY, refusal } from '../test/world.ts'
import { canonicalJson } from './idempotency.ts'
import { createUserEngine } from './index.ts'

describe.each(['eager', 'deferred'] as const)('idempotency, with %s writes', (writes) => {
  it.each(commandNames)('%s answers the same for the same key, and does it once', async (name) => {
    const world = await createWorld({ writes })
    const { home, prepare } = COMMANDS[name]
    const session = home === 'tenant' || name === 'provisionUser' ? world.tenant : world.directory
    const input = { ...(await prepare(world)), idempotencyKey: 'key' }
    const first = await call(session, name, input)
    const before = await counts(world)
    expect(await call(session, name, input)).toEqual(first)
    expect(await session.transaction((unit) => call(unit as never, name, input))).toEqual(first)
    expect(await counts(world)).toEqual(before)
  })

  it.each(commandNames)('16 times %s at once with one key: all hear the same', async (name) => {
    const world = await createWorld({ writes })
    const { home, prepare } = COMMANDS[name]
    const session = home === 'tenant' || name === 'provisionUser' ? world.tenant : world.directory
    const input = { ...(await prepare(world)), idempotencyKey: 'key' }
    const before = await counts(world)
    const answers = await Promise.all(Array.from({ length: 16 }, () => call(session, name, input)))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    const after = await counts(world)
    expect(after.auditRecords - before.auditRecords).toBe(1)
    expect(after.idempotencyRecords - before.idempotencyRecords).toBe(1)
  })

  it('the key of another request is refused; of another actor or tenant it is another key', async () => {
    const world = await createWorld({ writes })
    const { user } = await world.provision()
    const idempotencyKey = 'key'
    await world.directory.suspendUser({ userId: user, idempotencyKey })
    const before = await counts(world)
    for (const attempt of [
      world.directory.reactivateUser({ userId: user, idempotencyKey }),
      world.directory.suspendUser({ userId: user, idempotencyKey, expectedVersion: 1 }),
      world.directory.registerTenant({ idempotencyKey }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    }
    expect(await counts(world)).toEqual(before)
    const somebody = world.as(null, { kind: 'user', id: 'administrator' })
    await somebody.reactivateUser({ userId: user, idempotencyKey })
    await world.tenant.linkIdentity({ userId: user, issuer: ISSUER, subject: 'a', idempotencyKey })
    await world.otherTenant.linkIdentity({ userId: user, issuer: ISSUER, subject: 'b', idempotencyKey })
  })

  it('a replay is authorized again', async () => {
    const world = await createWorld({ writes })
    const { user } = await world.provision()
    const input = { userId: user, idempotencyKey: 'key' }
    const first = await world.directory.suspendUser(input)
    world.decide(deny('user.suspend'))
    expect(await refusal(world.directory.suspendUser(input))).toMatchObject({ code: 'ACCESS_DENIED' })
    world.decide(allow)
    expect(await world.directory.suspendUser(input)).toEqual(first)
  })

  it('a key that was rolled back, or whose command failed, is free', async () => {
    const world = await createWorld({ writes })
    const { user } = await world.provision()
    const idempotencyKey = 'key'
    expect(await refusal(world.directory.reactivateUser({ userId: user, idempotencyKey }))).toMatchObject({
      code: 'INVALID_STATE',
    })
    await refusal(
      world.directory.transaction(async (unit) => {
        await unit.suspendUser({ userId: user, idempotencyKey })
        throw new Error('rolled back')
      }),
    )
    await world.directory.closeAccount({ userId: user, idempotencyKey })
  })

  it('within one composition the same key is answered, too', async () => {
    const world = await createWorld({ writes })
    const { user } = await world.provision()
    const input = { userId: user, idempotencyKey: 'key' }
    const [first, second] = await world.directory.transaction(async (unit) => [
      await unit.suspendUser(input),
      await unit.nested((inner) => inner.suspendUser(input)),
    ])
    expect(second).toEqual(first)
  })
})

describe('the hash of a request', () => {
  it('is verified with every key, and signed with the first', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    const input = { userId: user, idempotencyKey: 'key' }
    const first = await world.directory.suspendUser(input)
    const withKeys = (...requestHashKeys: [string, ...string[]]) =>
      createUserEngine({ store: world.store, authorize: allow, requestHashKeys }).as({
        actor: { kind: 'service', id: 'administrator' },
        tenantId: null,
      })
    const other = 'o'.repeat(32)
    expect(await withKeys(other, KEY).suspendUser(input)).toEqual(first)
    expect(await refusal(withKeys(other).suspendUser(input))).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    const rotated = { userId: user, idempotencyKey: 'rotated' }
    const second = await withKeys(other, KEY).reactivateUser(rotated)
    expect(await withKeys(other).reactivateUser(rotated)).toEqual(second)
  })

  it('does not depend on the order of keys, nor on what is absent', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: null }], a: 'x', e: undefined })).toBe(
      '{"a":"x","b":[1,{"c":null,"d":1}]}',
    )
  })
})
