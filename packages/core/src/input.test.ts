import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'

import { DIRECTORY } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { call, OPERATIONS, operationNames, type OperationName } from '../test/operations.ts'
import { counts, createWorld, ISSUER, refusal, type World } from '../test/world.ts'
import { isUserEngineError } from './errors.ts'

const CANARY = 'canary-7f3a'

function deep(levels: number): object {
  let value: object = { canary: CANARY }
  for (let level = 0; level < levels; level += 1) value = { value }
  return value
}

/** What is no input at all, whatever the operation. */
const NOTHING: readonly [string, unknown][] = [
  ['null', null],
  ['a text', CANARY],
  ['a number', 42],
  ['a list', [CANARY]],
  ['a function', () => CANARY],
  ['a Map', new Map([[CANARY, CANARY]])],
  ['an unknown field', { [CANARY]: CANARY }],
  ['a caller-made actor', { actor: { kind: 'service', id: CANARY } }],
  ['an own __proto__', JSON.parse(`{"__proto__": {"${CANARY}": true}}`)],
  ['an own constructor', JSON.parse(`{"constructor": {"prototype": {"${CANARY}": true}}}`)],
  ['deep JSON', deep(10_000)],
  [
    'a getter that throws',
    {
      get cursor() {
        throw new Error(CANARY)
      },
      get userId() {
        throw new Error(CANARY)
      },
      get [CANARY]() {
        throw new Error(CANARY)
      },
    },
  ],
]

const TEXTS: readonly [string, unknown, string][] = [
  ['empty', '', 'too_small'],
  ['a number', 7, 'invalid_type'],
  ['NUL', `${CANARY}\0`, 'control_character'],
  ['a line feed', `${CANARY}\n`, 'control_character'],
  ['C1', `${CANARY}\u0085`, 'control_character'],
  ['a lone high surrogate', `${CANARY}\ud800`, 'ill_formed_unicode'],
  ['a lone low surrogate', `\udc00${CANARY}`, 'ill_formed_unicode'],
  ['too long', CANARY + 'x'.repeat(600), 'too_big'],
  ['too many bytes', CANARY + '\u{1F600}'.repeat(140), 'too_big'],
  ['an object', { toString: () => CANARY }, 'invalid_type'],
]

const IDS: readonly [string, unknown][] = [
  ['upper case', '0190A0B0-0000-7000-8000-00000000000A'],
  ['nil', '00000000-0000-0000-0000-000000000000'],
  ['max', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['the directory', DIRECTORY],
  ['braces', `{${randomUUID()}}`],
  ['a space after', `${randomUUID()} `],
  ['SQL', "' or 1=1 --"],
  ['a list', [randomUUID()]],
  ['a number', 1],
]

const ID_FIELDS = [
  'userId',
  'tenantId',
  'identityId',
  'tenantAccountId',
  'groupId',
  'membershipId',
  'applicationId',
  'bindingId',
  'catalogId',
]

const VERSIONS: readonly unknown[] = [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, 2 ** 60, '1', 1n, null, {}]

async function rejectsInput(world: World, name: OperationName, input: unknown, path?: string, rule?: string) {
  const session = OPERATIONS[name].home === 'tenant' ? world.tenant : world.directory
  const before = await counts(world)
  world.asked.length = 0
  const error = await refusal(call(session, name, input))
  if (!isUserEngineError(error, 'INVALID_INPUT')) throw error
  expect(error.details.issues.length).toBeGreaterThan(0)
  if (path !== undefined) expect(error.details.issues.map((issue) => issue.path)).toContain(path)
  if (rule !== undefined) expect(error.details.issues.map((issue) => issue.rule)).toContain(rule)
  for (const text of [
    inspect(error, { depth: 9, showHidden: true }),
    JSON.stringify(error),
    String(error.stack),
  ]) {
    expect(text).not.toContain(CANARY)
  }
  expect(world.asked).toEqual([])
  expect(await counts(world)).toEqual(before)
}

describe('what is no input', () => {
  it.each(operationNames)('%s refuses it, asks nobody and writes nothing', async (name) => {
    const world = await createWorld()
    const valid = await OPERATIONS[name].prepare(world)
    for (const [, input] of NOTHING) {
      await rejectsInput(world, name, input)
      if (typeof input === 'object' && input !== null && Object.getPrototypeOf(input) === Object.prototype) {
        const both = Object.defineProperties({ ...valid }, Object.getOwnPropertyDescriptors(input))
        await rejectsInput(world, name, both)
      }
    }
    expect(Object.hasOwn(Object.prototype, CANARY)).toBe(false)
  })

  it('resolveOrProvision refuses it although the user is known', async () => {
    const world = await createWorld()
    const { subject } = await world.provision()
    world.asked.length = 0
    for (const [, input] of NOTHING) {
      const both =
        typeof input === 'object' && input !== null && !Array.isArray(input) && !(input instanceof Map)
      const given = both
        ? Object.defineProperties({ issuer: ISSUER, subject }, Object.getOwnPropertyDescriptors(input))
        : input
      expect(await refusal(world.tenant.resolveOrProvision(given as never))).toMatchObject({
        code: 'INVALID_INPUT',
      })
    }
    expect(world.asked).toEqual([])
  })
})

describe('text', () => {
  const FIELDS = [
    ['registerTenant', 'externalRef', (text: unknown) => ({ externalRef: text })],
    ['provisionUser', 'identity.issuer', (text: unknown) => ({ identity: { issuer: text, subject: 'a' } })],
    ['provisionUser', 'identity.subject', (text: unknown) => ({ identity: { issuer: 'a', subject: text } })],
    ['resolveIdentity', 'subject', (text: unknown) => ({ issuer: 'a', subject: text })],
    ['joinTenant', 'externalId', (text: unknown) => ({ userId: randomUUID(), externalId: text })],
    ['suspendUser', 'idempotencyKey', (text: unknown) => ({ userId: randomUUID(), idempotencyKey: text })],
    ['createGroup', 'displayName', (text: unknown) => ({ key: 'k', displayName: text })],
    ['createGroup', 'key', (text: unknown) => ({ key: text, displayName: 'Readers' })],
    ['registerApplication', 'clientKey', (text: unknown) => ({ clientKey: text })],
    [
      'addMembership',
      'roles.0',
      (text: unknown) => ({ groupId: randomUUID(), tenantAccountId: randomUUID(), roles: [text] }),
    ],
    ['changeMembershipRoles', 'roles.0', (text: unknown) => ({ membershipId: randomUUID(), roles: [text] })],
    ['draftCatalog', 'key', (text: unknown) => ({ key: text, definitions: { attributes: [] } })],
    [
      'setProfileValues',
      'source',
      (text: unknown) => ({ userId: randomUUID(), values: { a: 1 }, source: text }),
    ],
    [
      'setApplicationProfileValues',
      'source',
      (text: unknown) => ({
        userId: randomUUID(),
        applicationId: randomUUID(),
        values: { a: 1 },
        source: text,
      }),
    ],
  ] as const
  const cases = FIELDS.flatMap(([name, path, make]) =>
    TEXTS.map(([what, text, rule]) => ({ name, path, what, input: make(text), rule })),
  )

  it.each(cases)('$name refuses $path that is $what', async ({ name, path, input, rule }) => {
    await rejectsInput(await createWorld(), name, input, path, rule)
  })

  it.each([
    ['one byte', 'x'],
    ['512 bytes', '\u{1F600}'.repeat(128)],
    ['spaces around', '  x  '],
    ['not normalised', 'e\u0301'],
    ['bidi and zero width', '\u202ex\u200b'],
    ['dotless i', 'ı'],
  ])('keeps a subject exactly: %s', async (_, subject) => {
    const world = await createWorld()
    const { identity } = await world.provision({ identity: { issuer: ISSUER, subject } })
    expect(await world.directory.getIdentity({ identityId: identity })).toMatchObject({ subject })
    for (const other of [subject.normalize('NFKC'), subject.trim(), subject.toUpperCase()]) {
      const found = await world.directory.findIdentity({ issuer: ISSUER, subject: other })
      expect(found?.id ?? null).toBe(other === subject ? identity : null)
    }
  })
})

describe('ids, versions and pages', () => {
  const fields = operationNames.flatMap((name) => ID_FIELDS.map((field) => ({ name, field })))

  it.each(fields)(
    '$name takes $field as a canonical UUID, or does not take it at all',
    async ({ name, field }) => {
      const world = await createWorld()
      const valid = await OPERATIONS[name].prepare(world)
      const known = field in valid
      for (const [, id] of IDS) {
        await rejectsInput(
          world,
          name,
          { ...valid, [field]: id },
          // Some take it, though their sample has none.
          known ? field : undefined,
        )
      }
    },
  )

  it.each(operationNames)('%s takes a version as a positive safe integer, or not at all', async (name) => {
    const world = await createWorld()
    const valid = await OPERATIONS[name].prepare(world)
    for (const expectedVersion of VERSIONS) await rejectsInput(world, name, { ...valid, expectedVersion })
  })

  it.each([
    'listUsers',
    'listTenants',
    'listTenantAccounts',
    'listGroups',
    'listApplications',
    'listBindings',
    'listCatalogs',
    'queryAudit',
    'pendingEvents',
  ] as const)('%s bounds its pages', async (name) => {
    const world = await createWorld()
    for (const limit of [0, 501, 1.5, '10', Number.NaN]) await rejectsInput(world, name, { limit }, 'limit')
    await rejectsInput(world, name, { cursor: 'x'.repeat(1001) }, 'cursor')
  })

  it('the context is an input as well', async () => {
    const { engine } = await createWorld()
    const actor = { kind: 'user', id: 'me' } as const
    for (const context of [
      null,
      {},
      { actor },
      { actor, tenantId: DIRECTORY },
      { actor, tenantId: '' },
      { actor: { kind: 'root', id: CANARY }, tenantId: null },
      { actor: { kind: 'user', id: `${CANARY}\n` }, tenantId: null },
      { actor: { kind: 'user', id: CANARY.repeat(20) }, tenantId: null },
      { actor: { ...actor, admin: true }, tenantId: null },
      { actor, tenantId: null, role: 'admin' },
    ]) {
      const error = await refusal((async () => engine.as(context as never))())
      expect(error).toMatchObject({ code: 'INVALID_INPUT' })
      expect(inspect(error, { depth: 9 })).not.toContain(CANARY)
    }
  })

  it('a composition is given a function, and what it asks ahead is checked', async () => {
    const world = await createWorld()
    const ahead = (authorize: unknown) => world.tenant.transaction(async () => 1, { authorize } as never)
    for (const attempt of [
      world.tenant.transaction(null as never),
      world.tenant.transaction((unit) => unit.nested('work' as never)),
      ahead([{ action: 'user.fly', target: { kind: 'user', id: null } }]),
      ahead([{ action: 'user.suspend', target: { kind: 'planet', id: null } }]),
      ahead([{ action: 'user.suspend', target: { kind: 'user', id: CANARY } }]),
      ahead('user.suspend'),
    ]) {
      const error = await refusal(attempt)
      expect(error).toMatchObject({ code: 'INVALID_INPUT' })
      expect(inspect(error, { depth: 9 })).not.toContain(CANARY)
    }
  })
})
