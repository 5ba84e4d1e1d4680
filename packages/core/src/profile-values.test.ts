import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { issuesOf, named, onBehalfOf, publish, set, source } from '../test/profiles.ts'
import { ADMINISTRATOR, allow, counts, createWorld, KEY, refusal } from '../test/world.ts'
import { createUserEngine, type AttributeDefinition } from './index.ts'

describe.each(['eager', 'deferred'] as const)('profile values, with %s writes', (writes) => {
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

  it('of a list are judged where they are new, and kept as they are', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const subAttributes: AttributeDefinition['subAttributes'] = [
      { name: 'value' },
      { name: 'checked', type: 'boolean', mutability: 'readOnly' },
    ]
    await publish(world.tenant, [{ name: 'emails', type: 'complex', multiValued: true, subAttributes }])
    const [checked, other] = [{ value: 'a', checked: true }, { value: 'b' }]
    await set(onBehalfOf(world, 'platform'), userId, { emails: [checked] })
    await set(world.tenant, userId, { emails: [other, checked] })
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ emails: [other, checked] }))
    for (const changed of [
      { ...checked, value: 'c' },
      { ...other, checked: true },
    ]) {
      expect(await issuesOf(set(world.tenant, userId, { emails: [checked, changed] }))).toEqual([
        'profile:emails.checked read_only',
      ])
    }
  })

  it('are written again where they are equal and the catalog is another, and where it is not they are not', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const versions = async (title: string | null) =>
      (await set(world.tenant, userId, { title })).values.map(({ version }) => version)
    await publish(world.tenant, [{ name: 'title' }])
    expect(await versions(null)).toEqual([])
    expect([await versions('Guide'), await versions('Guide')]).toEqual([[1], []])
    const catalogId = await publish(world.tenant, [{ name: 'title' }, { name: 'level' }])
    expect([await versions('Guide'), await versions('Guide')]).toEqual([[2], []])
    const { attributes } = await world.tenant.explainProfile({ userId })
    expect(attributes).toMatchObject([{ attribute: 'profile:title', catalogId }])
    expect([await versions(null), await versions(null)]).toEqual([[3], []])
  })

  it('have what their own layer requires, and what was cleared before it was required', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    await publish(world.directory, [{ name: 'number', required: true }, { name: 'unit' }])
    await publish(world.tenant, [{ name: 'title' }, { name: 'unit' }])
    await set(world.tenant, userId, { title: 'Guide', unit: 'north' })
    await set(world.tenant, userId, { title: null })
    await publish(world.tenant, [{ name: 'title', required: true }, { name: 'unit' }])
    expect(await issuesOf(set(world.tenant, userId, { unit: 'south' }))).toEqual(['profile:title required'])
    await set(world.tenant, userId, { unit: 'south', title: 'Guide' })
    const more = { attributes: [{ name: 'code', required: true }, { name: 'size' }] }
    const { catalog } = await world.tenant.draftCatalog({ key: 'more', definitions: more })
    await world.tenant.publishCatalog({ catalogId: catalog.id })
    const both = { 'profile:unit': 'east', 'more:size': 'L' }
    expect(await issuesOf(world.tenant.setProfileValues({ userId, values: both, source }))).toEqual([
      'more:code required',
    ])
  })

  it('of several that are never returned are no address of a secret', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const subAttributes: AttributeDefinition['subAttributes'] = [{ name: 'answer' }]
    await publish(world.tenant, [
      { name: 'hints', returned: 'never', multiValued: true },
      { name: 'question', returned: 'never', type: 'complex', subAttributes },
      { name: 'hint', returned: 'never' },
    ])
    await set(world.tenant, userId, { hints: ['a'], question: { answer: 'b' } })
    expect(await issuesOf(set(world.tenant, userId, { hint: 'c' }))).toEqual(['profile:hint not_a_reference'])
    const { attributes } = await world.tenant.explainProfile({ userId })
    expect(attributes.map(({ sensitivity }) => sensitivity)).toEqual(['personal', 'personal'])
  })

  it('have what is required where it was set before, also where the catalog is seen for the first time', async () => {
    const world = await createWorld({ writes })
    const { user: userId } = await world.provision()
    const { user: other } = await world.provision()
    await publish(world.tenant, [{ name: 'userName', required: true }, { name: 'nickName' }])
    await set(world.tenant, userId, { userName: 'bjensen' })
    const elsewhere = () => {
      const engine = createUserEngine({ store: world.store, authorize: allow, requestHashKeys: [KEY] })
      return engine.as({ actor: ADMINISTRATOR, tenantId: world.tenantId })
    }
    expect(await issuesOf(set(elsewhere(), other, { nickName: 'Babs' }))).toEqual([
      'profile:userName required',
    ])
    // What is supposed of the tenant would be decided once more, with the catalog known: a composition supposes nothing.
    const written = { userId, values: named({ nickName: 'Babs' }), source }
    await elsewhere().transaction((unit) => unit.setProfileValues(written))
    await set(elsewhere(), userId, { nickName: 'Barbara' })
    expect(await world.tenant.getProfile({ userId })).toEqual(
      named({ userName: 'bjensen', nickName: 'Barbara' }),
    )
    const write = (version: number) =>
      world.tenant.setProfileValues({
        userId,
        values: named({ userName: 'babs' }),
        source,
        expectedVersions: named({ nickName: version }),
      })
    expect(await refusal(write(1))).toMatchObject({ code: 'VERSION_CONFLICT' })
    expect((await write(2)).values).toMatchObject([{ version: 2 }])
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
    const outcomes = new Set<string>()
    for (let turns = 0; turns < 40; turns += 1) {
      const world = await createWorld({ writes })
      const { user: userId } = await world.provision()
      await publish(world.tenant, [{ name: 'level' }])
      const definitions = { attributes: [{ name: 'level', type: 'integer' as const }] }
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
      const late = async () => {
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
        return world.tenant.publishCatalog({ catalogId: catalog.id, acceptBreaking: true })
      }
      const [written, published] = await Promise.allSettled([
        set(world.tenant, userId, { level: 'three' }),
        late(),
      ])
      expect(published.status).toBe('fulfilled')
      const { items } = await world.tenant.queryAudit({ limit: 500 })
      const trail = items.flatMap((entry) => (entry.kind === 'change' ? [entry.record.action] : []))
      const [wrote = 0, replaced = 0] = ['profile_value.set', 'attribute_catalog.publish'].map((action) =>
        trail.lastIndexOf(action),
      )
      if (written.status === 'rejected') expect(written.reason).toMatchObject({ code: 'INVALID_ATTRIBUTES' })
      else expect(wrote).toBeLessThan(replaced)
      outcomes.add(written.status)
    }
    expect(outcomes).toEqual(new Set(['fulfilled', 'rejected']))
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
