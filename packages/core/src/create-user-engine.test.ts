import { inspect } from 'node:util'

import { createMemoryStore } from '@user-engine/memory'
import { StoreError, type StoreTransaction, type UserEngineStore } from '@user-engine/store'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { call, OPERATIONS, operationNames } from '../test/operations.ts'
import { allow, counts, createWorld, deny, KEY, refusal } from '../test/world.ts'
import { createUserEngine, isUserEngineError, type Session, type UnitOfWork } from './index.ts'

describe('options', () => {
  const store = createMemoryStore()
  const valid = { store, authorize: allow, requestHashKeys: [KEY] as const }
  it.each([
    ['nothing', null, ''],
    ['no store', { ...valid, store: undefined }, 'store'],
    ['a text as store', { ...valid, store: 'postgres://canary@host' }, 'store'],
    ['no policy', { ...valid, authorize: undefined }, 'authorize'],
    ['no key', { ...valid, requestHashKeys: [] }, 'requestHashKeys.0'],
    ['a short key', { ...valid, requestHashKeys: ['canary'] }, 'requestHashKeys.0'],
    ['a short old key', { ...valid, requestHashKeys: [KEY, 'canary'] }, 'requestHashKeys.1'],
    ['a clock that is a time', { ...valid, clock: new Date() }, 'clock'],
    ['no attempts', { ...valid, attempts: 0 }, 'attempts'],
    ['a negative timeout', { ...valid, authorizeTimeoutMs: -1 }, 'authorizeTimeoutMs'],
    ['an endless key', { ...valid, idempotencyTtlMs: Infinity }, 'idempotencyTtlMs'],
    ['an option of another name', { ...valid, canary: true }, ''],
  ])('%s is INVALID_INPUT and says where', async (_, options, path) => {
    const error = await refusal((async () => createUserEngine(options as never))())
    if (!isUserEngineError(error, 'INVALID_INPUT')) throw error
    expect(error.details.issues.map((issue) => issue.path)).toContain(path)
    expect(error.details.issues.map((issue) => issue.rule)).not.toContain('custom')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary')
  })

  it('nothing of the keys shows, and nothing can be put in the place of an operation', () => {
    const engine = createUserEngine({ ...valid, requestHashKeys: ['canary'.repeat(6)] })
    const session = engine.as({ actor: { kind: 'user', id: 'me' }, tenantId: null })
    for (const thing of [engine, session]) {
      expect(inspect(thing, { depth: 9, showHidden: true })).not.toContain('canary')
      expect(Object.isFrozen(thing)).toBe(true)
    }
  })
})

it('what the store does not answer is the engine’s own UNAVAILABLE, outside of sessions, too', async () => {
  const fail = () => Promise.reject(new StoreError('UNAVAILABLE', { reason: 'connection' }))
  const { engine } = await createWorld({
    around: (store) => ({
      ...store,
      schemaVersion: fail,
      position: fail,
      outbox: { ...store.outbox, redrive: fail },
    }),
  })
  for (const work of [engine.schemaVersion(), engine.position(), engine.redriveEvents([])]) {
    const error = await refusal(work)
    expect(isUserEngineError(error)).toBe(true)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'connection' } })
  }
})

describe('the clock', () => {
  it('gives the times of the records; where it tells none, nothing is written', async () => {
    let now = new Date(Date.UTC(2030, 0, 1))
    const world = await createWorld({ clock: () => now })
    const { user } = await world.provision()
    const { createdAt } = await world.directory.getUser({ userId: user })
    expect(createdAt).toEqual(now)
    now = new Date(Number.NaN)
    const before = await counts(world)
    expect(await refusal(world.directory.suspendUser({ userId: user }))).toBeInstanceOf(TypeError)
    expect(await counts(world)).toEqual(before)
  })
})

describe('types', () => {
  it('no transaction has denials, and no unit of work has the store', () => {
    expectTypeOf<StoreTransaction>().not.toHaveProperty('denials')
    expectTypeOf<UnitOfWork>().not.toHaveProperty('denials')
    expectTypeOf<UnitOfWork>().not.toHaveProperty('audit')
    expectTypeOf<UnitOfWork>().not.toHaveProperty('outbox')
    expectTypeOf<Session>().not.toHaveProperty('store')
    expectTypeOf<UnitOfWork>().toHaveProperty('nested')
    expectTypeOf<Session>().not.toHaveProperty('nested')
  })

  it('a query that needs nothing needs no input', () => {
    expectTypeOf<Session['countRecords']>().parameter(0).toEqualTypeOf<Record<string, never> | undefined>()
    expectTypeOf<Session['listUsers']>().toBeCallableWith()
    expectTypeOf<Parameters<Session['getUser']>>().toEqualTypeOf<[input: { userId: string }]>()
  })

  it('a command answers references, never records', () => {
    expectTypeOf<Awaited<ReturnType<Session['suspendUser']>>>().toEqualTypeOf<{
      user: { readonly id: string; readonly version: number }
    }>()
  })
})

const REPOSITORY = ['find', 'insert', 'update', 'guard', 'guardState']
/** The port, as its interfaces name it: every member that an engine may touch. */
const PORT: Readonly<Record<string, readonly string[]>> = {
  store: [
    'capabilities',
    'denials',
    'outbox',
    'transaction',
    'readiness',
    'schemaVersion',
    'position',
    'diagnostics',
    'close',
  ],
  'store.denials': ['append'],
  'store.outbox': ['claim', 'extend', 'ack', 'nack', 'redrive', 'startEpoch', 'state'],
  tx: [
    'scope',
    'tenants',
    'users',
    'accounts',
    'externalIdentities',
    'tenantAccounts',
    'groups',
    'memberships',
    'applications',
    'applicationBindings',
    'attributeCatalogs',
    'profileValues',
    'audit',
    'outbox',
    'idempotency',
    'recordCounts',
    'nested',
  ],
  'tx.tenants': [...REPOSITORY, 'list'],
  'tx.users': [...REPOSITORY, 'list'],
  'tx.accounts': [...REPOSITORY, 'findByUser'],
  'tx.externalIdentities': [...REPOSITORY, 'findLinked', 'resolve', 'listByUser'],
  'tx.tenantAccounts': [...REPOSITORY, 'findByUser', 'list'],
  'tx.groups': [...REPOSITORY, 'findByKey', 'list'],
  'tx.memberships': [...REPOSITORY, 'findByMember', 'listByGroup', 'listByTenantAccount'],
  'tx.applications': [...REPOSITORY, 'findByClientKey', 'list'],
  'tx.applicationBindings': [...REPOSITORY, 'findByApplication', 'list'],
  'tx.attributeCatalogs': [...REPOSITORY, 'findLatest', 'findPublished', 'listByOwner'],
  'tx.profileValues': [...REPOSITORY, 'facts', 'findByOwner', 'listByUser'],
  'tx.audit': ['append', 'timeline'],
  'tx.outbox': ['append', 'pending'],
  'tx.idempotency': ['find', 'insert'],
}

/** Only plain data may pass: objects without a prototype of their own, lists, dates, texts, numbers, booleans, null. */
function expectPlain(value: unknown, where: string): void {
  if (value === null || ['string', 'boolean'].includes(typeof value)) return
  if (typeof value === 'number' && Number.isSafeInteger(value)) return
  if (value instanceof Date && !Number.isNaN(value.getTime())) return
  if (Array.isArray(value)) return value.forEach((each, index) => expectPlain(each, `${where}[${index}]`))
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const [name, each] of Object.entries(value)) expectPlain(each, `${where}.${name}`)
    return
  }
  throw new Error(`${where} is not plain data`)
}

/** A store that throws at every member, and every way of reaching one, that the port does not name. */
function strict<Target extends object>(target: Target, path: string, touched: Set<string>): Target {
  const named = new Set(PORT[path])
  const forbid = (what: string) => {
    throw new Error(`the engine did ${what} on ${path}`)
  }
  const members = Object.fromEntries(
    Object.entries(target).map(([name, member]: [string, unknown]) => {
      if (typeof member === 'function') return [name, guarded(target, member, `${path}.${name}`, touched)]
      const inner = `${path}.${name}`
      return [name, inner in PORT ? strict(member as object, inner, touched) : member]
    }),
  )
  return new Proxy(members, {
    get(own, name) {
      if (typeof name !== 'string' || !named.has(name)) return forbid(`get ${String(name)}`)
      touched.add(`${path}.${name}`)
      return own[name]
    },
    has: (_, name) => forbid(`ask for ${String(name)}`),
    set: (_, name) => forbid(`set ${String(name)}`),
    ownKeys: () => forbid('list the members'),
    getOwnPropertyDescriptor: (_, name) => forbid(`describe ${String(name)}`),
    getPrototypeOf: () => forbid('look for the class'),
    defineProperty: (_, name) => forbid(`define ${String(name)}`),
    deleteProperty: (_, name) => forbid(`delete ${String(name)}`),
  }) as Target
}

type Work = (tx: StoreTransaction) => Promise<unknown>

function guarded(owner: object, member: unknown, where: string, touched: Set<string>) {
  return (...given: unknown[]) => {
    const passed = given.map((each, index) => {
      if (typeof each === 'function' && (where === 'store.transaction' || where === 'tx.nested')) {
        return (tx: StoreTransaction) => (each as Work)(strict(tx, 'tx', touched))
      }
      expectPlain(each, `${where}(${index})`)
      return each
    })
    return Reflect.apply(member as (...given: unknown[]) => unknown, owner, passed)
  }
}

describe('the engine and the port', () => {
  it('touches nothing but the port, and passes plain data alone', async () => {
    const touched = new Set<string>()
    const world = await createWorld({
      around: (store: UserEngineStore) => strict(store, 'store', touched),
    })
    for (const name of operationNames) {
      const { action, home, prepare } = OPERATIONS[name]
      const session = home === 'tenant' ? world.tenant : world.directory
      const input = await prepare(world)
      world.decide(deny(action))
      expect(await refusal(call(session, name, input))).toMatchObject({ code: 'ACCESS_DENIED' })
      world.decide(allow)
      await session.transaction((unit) => unit.nested((inner) => call(inner, name, input)))
      await call(session, name, await prepare(world))
    }
    await world.tenant.resolveOrProvision({ issuer: 'i', subject: 's' })
    const attributes = [{ name: 'userName', required: true }, { name: 'nickName' }]
    const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions: { attributes } })
    await world.tenant.publishCatalog({ catalogId: catalog.id })
    const userId = (await world.provision()).user
    for (const nickName of ['Babs', 'Barbara']) {
      const both = { 'profile:userName': 'bjensen', 'profile:nickName': nickName }
      await world.tenant.setProfileValues({ userId, values: both, source: 'scim' })
    }
    await world.tenant.setProfileValues({ userId, values: { 'profile:nickName': null }, source: 'scim' })
    const made = await world.provision()
    await world.directory.linkIdentity({ userId: made.user, issuer: 'i', subject: 't' })
    await world.directory.unlinkIdentity({
      userId: made.user,
      identityId: made.identity,
      idempotencyKey: 'k',
    })
    let published = 0
    await world.engine.drainOutbox({
      publish: async () => {
        published += 1
        await new Promise((resolve) => setTimeout(resolve, published === 1 ? 120 : 0))
        if (published % 7 === 0) throw new Error('refused')
      },
      leaseMs: 100,
      maxAttempts: 1,
    })
    await world.engine.redriveEvents([made.user])
    await world.engine.readiness()
    await world.engine.schemaVersion()
    await world.engine.position()
    await world.engine.diagnostics()
    await world.engine.close()
    const all = Object.entries(PORT).flatMap(([path, names]) => names.map((name) => `${path}.${name}`))
    // What the engine does not need today, or only when a relay is stopped; a store has it for others.
    const unused = [
      'store.capabilities',
      'store.outbox.ack',
      'store.outbox.startEpoch',
      'store.outbox.state',
      'tx.scope',
      'tx.tenants.guard',
      'tx.accounts.find',
      'tx.accounts.guard',
      'tx.accounts.guardState',
      'tx.externalIdentities.guardState',
      'tx.groups.guard',
      'tx.groups.findByKey',
      'tx.memberships.guard',
      'tx.memberships.guardState',
      'tx.applications.guardState',
      'tx.applications.findByClientKey',
      'tx.applicationBindings.guardState',
      'tx.attributeCatalogs.guardState',
      'tx.profileValues.find',
      'tx.profileValues.guard',
      'tx.profileValues.guardState',
      'tx.profileValues.listByUser',
    ]
    const missed = all.filter((member) => !touched.has(member))
    expect(missed).toEqual(unused)
  })
})
