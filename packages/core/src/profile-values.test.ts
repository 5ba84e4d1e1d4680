import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { bound, issuesOf, onBehalfOf, publish } from '../test/profiles.ts'
import { counts, createWorld, ISSUER, refusal, type World } from '../test/world.ts'
import type { AttributeDefinition, Session } from './index.ts'

const source = 'scim'
const named = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`profile:${name}`, value])) as never

function set(session: Session, userId: string, values: Readonly<Record<string, unknown>>) {
  return session.setProfileValues({ userId, values: named(values), source })
}

describe.each(['eager', 'deferred'] as const)('profiles, with %s writes', (writes) => {
  it('resolve application over tenant over platform, and say why', async () => {
    const world = await createWorld({ writes })
    const { applicationId } = await bound(world)
    const { user: userId, subject } = await world.provision()
    const attributes = ['theme', 'title', 'nickName'].map((name) => ({ name }))
    await publish(world.directory, attributes)
    await publish(world.tenant, attributes)
    const applicationCatalog = await publish(world.directory, attributes, applicationId)
    await set(world.directory, userId, { theme: 'p', title: 'p', nickName: 'p' })
    await set(world.tenant, userId, { theme: 't', title: 't' })
    const own = { userId, applicationId, source }
    await world.tenant.setApplicationProfileValues({ ...own, values: named({ theme: 'a' }) })
    const expected = named({ theme: 'a', title: 't', nickName: 'p' })
    expect(await world.tenant.getProfile({ userId, applicationId })).toEqual(expected)
    const signIn = await world.tenant.resolveIdentity({ issuer: ISSUER, subject, applicationId })
    expect(signIn).toMatchObject({ outcome: 'active', profile: expected })
    expect(await world.tenant.getProfile({ userId })).toEqual(
      named({ theme: 't', title: 't', nickName: 'p' }),
    )
    expect(await world.directory.getProfile({ userId })).toEqual(
      named({ theme: 'p', title: 'p', nickName: 'p' }),
    )
    const why = await world.tenant.explainProfile({ userId, applicationId })
    expect(why.attributes.at(-2)).toEqual({
      attribute: 'profile:theme',
      layer: 'application',
      source,
      catalogId: applicationCatalog,
      hidden: [
        { layer: 'tenant', reason: 'overridden' },
        { layer: 'platform', reason: 'overridden' },
      ],
      visibility: ['self', 'tenant', 'application', 'platform'],
      withheldFrom: [],
      sensitivity: 'personal',
    })
  })

  it('of one tenant are nothing in another, and a user who is not there is not found', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    await publish(world.otherTenant, [{ name: 'title' }])
    await set(world.tenant, userId, { title: 'Guide' })
    for (const attempt of [
      world.otherTenant.getProfile({ userId }),
      world.otherTenant.explainProfile({ userId }),
      set(world.otherTenant, userId, { title: 'Spy' }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'tenant_account' } })
    }
    await world.otherTenant.joinTenant({ userId })
    expect(await world.otherTenant.getProfile({ userId })).toEqual({})
  })

  it('are not shown to a tenant that the user has left', async () => {
    const world = await createWorld({ writes })
    const { user: userId, tenantAccount } = await world.provision()
    await publish(world.directory, [{ name: 'title' }])
    await set(world.directory, userId, { title: 'Guide' })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide' }))
    await world.tenant.leaveTenant({ tenantAccountId: tenantAccount })
    for (const attempt of [world.tenant.getProfile({ userId }), world.tenant.explainProfile({ userId })]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'tenant_account' } })
    }
    expect(await refusal(set(world.tenant, userId, { title: 'x' }))).toMatchObject({ code: 'INVALID_STATE' })
  })

  it('are decided above where a definition is final', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.directory, [{ name: 'title' }])
    await set(world.directory, userId, { title: 'p' })
    await set(world.tenant, userId, { title: 't' })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 't' }))
    await publish(world.directory, [{ name: 'title', final: true }])
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'p' }))
    expect(await world.tenant.explainProfile({ userId })).toMatchObject({
      attributes: [{ layer: 'platform', hidden: [{ layer: 'tenant', reason: 'final' }] }],
    })
    expect(await issuesOf(set(world.tenant, userId, { title: 'x' }))).toEqual(['profile:title final'])
  })

  it('show each audience what all layers allow, at the highest sensitivity', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.directory, [
      { name: 'title', visibility: ['self', 'tenant'], sensitivity: 'special' },
    ])
    await publish(world.tenant, [
      { name: 'title', visibility: ['tenant', 'application'], sensitivity: 'public' },
    ])
    await set(world.tenant, userId, { title: 'Guide' })
    const seen = async (audience: 'self' | 'tenant' | 'application' | 'platform') =>
      Object.keys(await onBehalfOf(world, audience).getProfile({ userId })).length
    expect([
      await seen('self'),
      await seen('tenant'),
      await seen('application'),
      await seen('platform'),
    ]).toEqual([0, 1, 0, 0])
    expect(await world.tenant.explainProfile({ userId })).toMatchObject({
      attributes: [
        { visibility: ['tenant'], withheldFrom: ['self', 'application', 'platform'], sensitivity: 'special' },
      ],
    })
  })

  it('keep out what no longer fits and what is declared no more', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }, { name: 'level' }])
    await set(world.tenant, userId, { title: 'Guide', level: 'three' })
    const catalogId = await publish(world.tenant, [{ name: 'title' }, { name: 'level', type: 'integer' }])
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide' }))
    const reasons = async () =>
      (await world.tenant.explainProfile({ userId })).attributes.map(({ attribute, hidden }) => [
        attribute,
        hidden.map(({ reason }) => reason),
      ])
    expect(await reasons()).toEqual([
      ['profile:level', ['outdated']],
      ['profile:title', []],
    ])
    await world.tenant.deprecateCatalog({ catalogId })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide' }))
    await world.tenant.retireCatalog({ catalogId })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ title: 'Guide', level: 'three' }))
  })

  it('follow the version that the binding stays with', async () => {
    const world = await createWorld({ writes })
    const { applicationId, bindingId } = await bound(world)
    const { user: userId } = await world.provision()
    const first = await publish(world.directory, [{ name: 'theme' }], applicationId)
    await world.tenant.pinBindingCatalog({ bindingId, catalogId: first })
    await publish(world.directory, [{ name: 'theme' }, { name: 'font' }], applicationId)
    const write = () =>
      world.tenant.setApplicationProfileValues({
        userId,
        applicationId,
        values: named({ font: 'mono' }),
        source,
      })
    expect(await issuesOf(write())).toEqual(['profile:font undeclared'])
    await world.tenant.pinBindingCatalog({ bindingId, catalogId: null })
    await write()
    expect(await world.tenant.getProfile({ userId, applicationId })).toEqual(named({ font: 'mono' }))
    await world.tenant.suspendBinding({ bindingId })
    expect(await refusal(write())).toMatchObject({
      code: 'INVALID_STATE',
      details: { kind: 'application_binding' },
    })
  })

  it('are written all or none, each once, and what is equal is not written again', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }, { name: 'level', type: 'integer' }])
    const before = await counts(world)
    expect(await issuesOf(set(world.tenant, userId, { title: 'Guide', level: 'x', shoe: 1 }))).toEqual([
      'profile:level invalid_type',
      'profile:shoe undeclared',
    ])
    expect(await counts(world)).toEqual(before)
    const made = await set(world.tenant, userId, { title: 'Guide', level: 3 })
    expect(made.values.map(({ attribute, version }) => [attribute, version])).toEqual([
      ['profile:title', 1],
      ['profile:level', 1],
    ])
    expect((await set(world.tenant, userId, { title: 'Guide', level: 4 })).values).toMatchObject([
      { version: 2 },
    ])
    const cleared = await set(world.tenant, userId, { title: null, level: 4 })
    expect(cleared.values).toMatchObject([{ attribute: 'profile:title', version: 2 }])
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ level: 4 }))
    expect((await set(world.tenant, userId, { title: 'Guide' })).values).toMatchObject([{ version: 3 }])
  })

  it('take the versions that the caller decided on, and the same key for the same values alone', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    const write = (title: string, more: object) =>
      world.tenant.setProfileValues({ userId, values: named({ title }), source, ...more })
    const stale = { expectedVersions: named({ title: 1 }) }
    expect(await refusal(write('a', stale))).toMatchObject({ code: 'VERSION_CONFLICT' })
    const first = await write('a', { idempotencyKey: 'k' })
    expect(await write('a', { idempotencyKey: 'k' })).toEqual(first)
    expect(await refusal(write('b', { idempotencyKey: 'k' }))).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    await write('b', stale)
    expect(await refusal(write('c', stale))).toMatchObject({ code: 'VERSION_CONFLICT' })
  })

  it('are unique where a definition says so, whatever the case, for one owner', async () => {
    const world = await createWorld({ writes })
    const one = (await world.provision()).user
    const other = (await world.provision()).user
    await publish(world.tenant, [{ name: 'userName', uniqueness: 'server' }])
    await publish(world.otherTenant, [{ name: 'userName', uniqueness: 'server' }])
    await set(world.tenant, one, { userName: 'BJensen' })
    for (const userName of ['bjensen', 'ＢJENSEN', ' bjensen', 'bjen\u200Dsen']) {
      expect(await refusal(set(world.tenant, other, { userName }))).toMatchObject({
        code: 'ALREADY_EXISTS',
        details: { constraint: 'profile_value_unique' },
      })
    }
    await world.otherTenant.joinTenant({ userId: other })
    await set(world.otherTenant, other, { userName: 'bjensen' })
    await set(world.tenant, one, { userName: null })
    await set(world.tenant, other, { userName: 'bjensen' })
  })

  it('keep the promises of mutability', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const attributes: AttributeDefinition[] = [
      { name: 'employeeNumber', mutability: 'immutable' },
      { name: 'groups', mutability: 'readOnly' },
      {
        name: 'manager',
        type: 'complex',
        subAttributes: [{ name: 'value' }, { name: 'displayName', mutability: 'readOnly' }],
      },
    ]
    await publish(world.tenant, attributes)
    await set(world.tenant, userId, { employeeNumber: '7' })
    await set(world.tenant, userId, { employeeNumber: '7' })
    for (const employeeNumber of ['8', null]) {
      const rejected = await issuesOf(set(world.tenant, userId, { employeeNumber }))
      expect(rejected).toEqual(['profile:employeeNumber immutable'])
    }
    const manager = { value: '26', displayName: 'John' }
    expect(await issuesOf(set(world.tenant, userId, { groups: 'g', manager: null }))).toEqual([
      'profile:groups read_only',
    ])
    expect(await issuesOf(set(world.tenant, userId, { manager }))).toEqual([
      'profile:manager.displayName read_only',
    ])
    await set(onBehalfOf(world, 'platform'), userId, { groups: 'g', manager })
    await set(world.tenant, userId, { manager: { ...manager, value: '27' } })
  })

  it('have what is required before all else, under any race', async () => {
    for (let round = 0; round < 20; round += 1) {
      const world = await createWorld({ writes })
      const { user: userId } = await world.provision()
      await publish(world.tenant, [{ name: 'userName', required: true }, { name: 'nickName' }])
      expect(await issuesOf(set(world.tenant, userId, { nickName: 'Babs' }))).toEqual([
        'profile:userName required',
      ])
      await set(world.tenant, userId, { userName: 'bjensen' })
      await Promise.allSettled([
        set(world.tenant, userId, { nickName: 'Babs' }),
        set(world.tenant, userId, { userName: null }),
      ])
      expect(await world.tenant.getProfile({ userId })).toEqual(
        named({ userName: 'bjensen', nickName: 'Babs' }),
      )
    }
  })

  it('set by many at once are set by each, one after the other', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    const all = Array.from({ length: 6 }, (_, index) =>
      set(world.tenant, userId, { title: `title-${index}` }),
    )
    const versions = (await Promise.all(all)).flatMap(({ values }) => values.map(({ version }) => version))
    expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('never hold a value that the catalog in force at the commit did not allow', async () => {
    for (let round = 0; round < 20; round += 1) {
      const world = await createWorld({ writes })
      const { user: userId } = await world.provision()
      await publish(world.tenant, [{ name: 'level' }])
      const definitions = { attributes: [{ name: 'level', type: 'integer' as const }] }
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
      const [written] = await Promise.allSettled([
        set(world.tenant, userId, { level: 'three' }),
        world.tenant.publishCatalog({ catalogId: catalog.id, acceptBreaking: true }),
      ])
      const trail = (await world.tenant.queryAudit({ limit: 500 })).items.flatMap((entry) =>
        entry.kind === 'change' ? [entry.record.action] : [],
      )
      const order = [trail.lastIndexOf('profile_value.set'), trail.lastIndexOf('attribute_catalog.publish')]
      if (written.status === 'fulfilled') expect(order[0]).toBeGreaterThan(-1)
      else expect(written.reason).toMatchObject({ code: 'INVALID_ATTRIBUTES' })
    }
  })

  it('tell values of the class public and internal in events, and of no other', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const canary = 'canary-9b1c'
    const classes = ['public', 'internal', 'personal', 'special'] as const
    await publish(world.tenant, [
      ...classes.map((sensitivity) => ({ name: sensitivity, sensitivity })),
      { name: 'unsaid' },
      { name: 'secret', sensitivity: 'secret-ref' as const },
    ])
    const values = Object.fromEntries(classes.map((each) => [each, `${canary}-${each}`]))
    await set(world.tenant, userId, { ...values, unsaid: canary, secret: `vault://${canary}` })
    await set(world.tenant, userId, { public: null, personal: `${canary}-again` })
    const events = (await world.tenant.pendingEvents({ limit: 500 })).items
    const told = inspect(events, { depth: 9 })
    expect(told.match(/canary-9b1c-?\w*/g)?.sort()).toEqual([`${canary}-internal`, `${canary}-public`])
    const audit = await world.tenant.queryAudit({ limit: 500 })
    expect(inspect(audit, { depth: 9 })).not.toContain(canary)
    expect(audit.items.at(-1)).toMatchObject({
      record: { changes: [{ fields: ['profile:public'] }, { fields: ['profile:personal'] }] },
    })
    const report = await world.engine.diagnostics()
    expect(inspect(report, { depth: 9 })).not.toContain(canary)
  })
})

describe('values', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
  const types: AttributeDefinition[] = [
    { name: 'text', validation: { minLength: 2, maxLength: 65_536 } },
    { name: 'flag', type: 'boolean' },
    { name: 'share', type: 'decimal', validation: { minimum: 0, maximum: 1 } },
    { name: 'count', type: 'integer' },
    { name: 'since', type: 'dateTime' },
    { name: 'photo', type: 'binary' },
    { name: 'link', type: 'reference' },
    { name: 'secret', sensitivity: 'secret-ref' },
    { name: 'tags', multiValued: true, validation: { maxItems: 2 } },
    { name: 'colour', canonicalValues: ['red'], validation: { canonicalValuesOnly: true } },
    { name: 'mail', validation: { format: 'email' } },
    { name: 'phone', validation: { format: 'phone' } },
    { name: 'zone', validation: { format: 'timezone' } },
    { name: 'language', validation: { format: 'language' } },
    {
      name: 'emails',
      type: 'complex',
      multiValued: true,
      subAttributes: [
        { name: 'value', required: true },
        { name: 'primary', type: 'boolean' },
        { name: 'toString' },
      ],
    },
  ]
  const good: Readonly<Record<string, unknown>> = {
    text: 'Ms. Jensen\n"III" \u{1F600}',
    flag: false,
    share: 0.25,
    count: Number.MAX_SAFE_INTEGER,
    since: '2011-05-13T04:42:34Z',
    photo: 'AAECAw==',
    link: '../Users/26118915',
    secret: 'vault://identity/x',
    tags: ['a', 'b'],
    colour: 'red',
    mail: 'bjensen@example.com',
    phone: '+15555555555',
    zone: 'America/Los_Angeles',
    language: 'en-US',
    emails: [{ value: 'a', primary: true }, { value: 'b' }],
  }
  it('of each type are given back equal', async () => {
    const world = await createWorld()
    const { user: userId } = await world.provision()
    await publish(world.tenant, types)
    await set(world.tenant, userId, good)
    const { secret: _, ...shown } = good
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ ...shown, secret: good['secret'] }))
  })

  const CANARY = 'canary-3f1e'
  const wrong: readonly [string, string, unknown, string][] = [
    ['a number for text', 'text', 7, 'profile:text invalid_type'],
    ['too short', 'text', 'x', 'profile:text too_short'],
    ['NUL', 'text', `${CANARY}\0`, 'values.profile:text control_character'],
    ['a lone surrogate', 'text', `${CANARY}\ud800`, 'values.profile:text ill_formed_unicode'],
    ['1 MiB', 'text', CANARY.repeat(100_000), 'values.profile:text too_big'],
    ['deep JSON', 'text', deep(9), 'values.profile:text too_deep'],
    ['very deep JSON', 'text', deep(5000), 'values.profile:text too_deep'],
    ['a text for a flag', 'flag', 'true', 'profile:flag invalid_type'],
    ['above the maximum', 'share', 2, 'profile:share too_big'],
    ['below the minimum', 'share', -1, 'profile:share too_small'],
    ['NaN', 'share', Number.NaN, 'values.profile:share not_finite'],
    ['past 2^53', 'count', 2 ** 53, 'values.profile:count unsafe_number'],
    ['far past 2^53', 'share', 1e300, 'values.profile:share unsafe_number'],
    ['a fraction', 'count', 1.5, 'profile:count invalid_type'],
    ['a bigint', 'count', 1n, 'values.profile:count invalid_type'],
    ['no time', 'since', CANARY, 'profile:since invalid_format'],
    ['no base64', 'photo', `${CANARY}!`, 'profile:photo invalid_format'],
    ['a script', 'link', ' jAva\tscript:alert(1)', 'profile:link not_a_reference'],
    ['a secret itself', 'secret', CANARY, 'profile:secret not_a_reference'],
    ['no list', 'tags', CANARY, 'profile:tags invalid_type'],
    ['too many', 'tags', ['a', 'b', 'c'], 'profile:tags too_big'],
    ['a number in a list', 'tags', ['a', 1], 'profile:tags.1 invalid_type'],
    ['null in a list', 'tags', [null], 'profile:tags.0 invalid_type'],
    ['none of the values', 'colour', 'blue', 'profile:colour not_canonical'],
    ['no address', 'mail', CANARY, 'profile:mail not_a_email'],
    ['no number', 'phone', CANARY, 'profile:phone not_a_phone'],
    ['no timezone', 'zone', CANARY, 'profile:zone not_a_timezone'],
    ['no language', 'language', '??', 'profile:language not_a_language'],
    [
      'two primary',
      'emails',
      [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
      'profile:emails several_primary',
    ],
    ['a part missing', 'emails', [{}], 'profile:emails.0.value invalid_type'],
    ['a part unknown', 'emails', [{ value: 'a', [CANARY]: 1 }], 'profile:emails.0 unrecognized_keys'],
    [
      'an own __proto__',
      'emails',
      [JSON.parse('{"value":"a","__proto__":{"primary":true}}')],
      'profile:emails.0 unrecognized_keys',
    ],
    ['a Map', 'emails', [new Map([['value', 'a']])], 'values.profile:emails invalid_type'],
    ['a date', 'since', new Date(), 'values.profile:since invalid_type'],
    ['a function', 'text', () => CANARY, 'values.profile:text invalid_type'],
    ['an undeclared one', 'shoeSize', 44, 'profile:shoeSize undeclared'],
    ['one of a prototype', 'constructor', 1, 'profile:constructor undeclared'],
  ]
  it.each(wrong)('%s: refused by name, without the value', async (_, name, value, issue) => {
    const world = await createWorld()
    const { user: userId } = await world.provision()
    await publish(world.tenant, types)
    const before = await counts(world)
    const error = await refusal(
      set(world.tenant, userId, { [name]: value, text: name === 'text' ? value : 'ok' }),
    )
    expect(await issuesOf(Promise.reject(error as Error))).toContain(issue)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
    expect(await counts(world)).toEqual(before)
  })

  it('under names that are none are refused without them', async () => {
    const world = await createWorld()
    const { user: userId } = await world.provision()
    const hostile: readonly (readonly [unknown, string])[] = [
      [{ [`${CANARY} with spaces`]: 1 }, 'values not_an_attribute'],
      [JSON.parse(`{"__proto__": {"${CANARY}": 1}}`), 'values not_an_attribute'],
      [{ [`${'x'.repeat(300)}:${CANARY}`]: 1 }, 'values not_an_attribute'],
      [{}, 'values too_small'],
      [new Map([[CANARY, 1]]), ' invalid_type'],
      [[CANARY], 'values invalid_type'],
      [Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 1])), 'values too_big'],
      [
        {
          a: {
            get value() {
              throw new Error(CANARY)
            },
          },
        },
        'values.a unreadable',
      ],
    ]
    for (const [values, issue] of hostile) {
      const error = await refusal(world.tenant.setProfileValues({ userId, values: values as never, source }))
      expect(await issuesOf(Promise.reject(error as Error))).toContain(issue)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
    }
  })
})

describe('a sign-in', () => {
  it('answers nothing of the profile where it is refused', async () => {
    const world: World = await createWorld()
    const { user, subject } = await world.provision()
    await publish(world.tenant, [{ name: 'title' }])
    await set(world.tenant, user, { title: 'canary-77' })
    await world.directory.suspendUser({ userId: user })
    const refused = await world.tenant.resolveIdentity({ issuer: ISSUER, subject })
    expect(inspect(refused, { depth: 9 })).not.toContain('canary-77')
  })

  it('sees a new version at once, although the one before is compiled', async () => {
    const world = await createWorld()
    const { user, subject } = await world.provision()
    const seen = async () => {
      const found = await world.tenant.resolveIdentity({ issuer: ISSUER, subject })
      return found.outcome === 'active' ? found.profile : null
    }
    await publish(world.tenant, [{ name: 'title' }])
    await set(world.tenant, user, { title: 'Guide' })
    expect(await seen()).toEqual(named({ title: 'Guide' }))
    await publish(world.tenant, [{ name: 'title', returned: 'request' }])
    expect(await seen()).toEqual({})
    const asked = await world.tenant.getProfile({ userId: user, attributes: ['profile:title'] })
    expect(asked).toEqual(named({ title: 'Guide' }))
  })
})
