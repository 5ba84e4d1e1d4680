import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { counts, createWorld, ISSUER, refusal } from '../test/world.ts'

describe('a policy that gives no answer', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('canary')
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary'))],
    ['says nothing', () => undefined],
    ['says true', () => true],
    ['says something else', () => ({ allow: 'yes', canary: 'canary' })],
    ['never answers', () => new Promise(() => undefined)],
  ])('%s: refused, nothing written, nothing of it repeated', async (_, policy) => {
    const world = await createWorld({ authorizeTimeoutMs: 20 })
    const { user } = await world.provision()
    const before = await counts(world)
    world.decide(policy as never)
    for (const attempt of [
      world.directory.suspendUser({ userId: user }),
      world.directory.transaction((unit) => unit.suspendUser({ userId: user })),
    ]) {
      const error = await refusal(attempt)
      expect(error).toMatchObject({ code: 'AUTHORIZATION_UNAVAILABLE', retryable: true })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary')
    }
    expect(await counts(world)).toEqual(before)
  })

  it.each([
    ['a sentence', 'Not for alice@example.com!'],
    ['nothing', undefined],
    ['a list of one', ['alice']],
    ['an object that reads as one', { toString: (): string => 'alice' }],
  ])('a refusal whose reason is %s is a refusal, recorded as unspecified', async (_, reason) => {
    const world = await createWorld()
    world.decide(() => ({ allow: false, reason }) as never)
    const error = await refusal(world.directory.listUsers())
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', details: { reason: 'unspecified', durable: true } })
    expect((await counts(world)).denials).toBe(1)
  })
})

describe('a policy', () => {
  it('that has answered leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length
    const world = await createWorld({ authorizeTimeoutMs: 60_000 })
    const before = timers()
    world.decide(async () => ({ allow: true }))
    for (let asked = 0; asked < 20; asked += 1) await world.directory.listUsers()
    expect(timers()).toBeLessThan(before + 20)
  })

  it('is not asked what can not be: a tenant’s own operation without a tenant', async () => {
    const world = await createWorld()
    world.decide(() => ({ allow: true }))
    for (const attempt of [
      world.directory.createGroup({ key: 'readers', displayName: 'Readers' }),
      world.directory.listGroups(),
      world.directory.transaction((unit) => unit.createGroup({ key: 'readers', displayName: 'Readers' })),
      world.directory.transaction((unit) => unit.listGroups()),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'TENANT_REQUIRED' })
    }
    expect(world.asked).toEqual([])
  })

  it('sees ids and names alone, and can change nothing of what it is shown', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    let refuse = false
    world.decide((request) => {
      for (const part of [request, request.actor, request.target]) {
        try {
          Object.assign(part, { id: 'somebody-else', kind: 'tenant', action: 'nothing', tenantId: null })
        } catch {
          // Frozen: as good.
        }
      }
      return refuse ? { allow: false, reason: 'not_permitted' } : { allow: true }
    })
    const input = { userId: user, issuer: ISSUER, subject: 'secret-subject' }
    await world.tenant.linkIdentity(input)
    refuse = true
    await refusal(world.tenant.linkIdentity(input))
    world.decide(() => ({ allow: true }))
    const items = (await world.tenant.queryAudit({ targetId: user })).items.slice(1)
    expect(items.map(({ kind }) => kind)).toEqual(['change', 'denial'])
    for (const { record } of items) {
      expect(record).toMatchObject({
        actor: { kind: 'service', id: 'administrator' },
        action: 'external_identity.link',
        target: { kind: 'user', id: user },
      })
    }
    await world.tenant.resolveIdentity({ issuer: ISSUER, subject: 'secret-subject' })
    expect(JSON.stringify(world.asked)).not.toContain('secret-subject')
  })

  it('is told the correlation id, and so are audit and events', async () => {
    const world = await createWorld()
    const session = world.engine.as({
      actor: { kind: 'user', id: 'me' },
      tenantId: null,
      correlationId: 'trace-1',
    })
    const { user } = await session.provisionUser({ identity: { issuer: ISSUER, subject: 'a' } })
    expect(world.asked.at(-1)?.correlationId).toBe('trace-1')
    const { items } = await session.queryAudit({ targetId: user.id })
    expect(items[0]?.record.correlationId).toBe('trace-1')
    const events = (await session.pendingEvents()).items.filter(({ event }) => event.aggregate.id === user.id)
    expect(events.map(({ event }) => event.correlationId)).toEqual(['trace-1'])
  })
})
