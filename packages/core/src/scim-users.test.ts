import { describe, expect, it } from 'vitest'

import { ENTERPRISE, SCHEMAS, USERS } from '../test/rfc7643.ts'
import { createWorld, refusal, type World } from '../test/world.ts'
import { SCIM_USER } from './attribute-definitions.ts'
import { fromScimSchema, fromScimUser, isUserEngineError, toScimSchema, toScimUser } from './index.ts'

async function imported(world: World) {
  for (const document of Object.values(SCHEMAS)) {
    const { catalog } = await world.directory.draftCatalog(fromScimSchema(document))
    await world.directory.publishCatalog({ catalogId: catalog.id })
  }
}

describe('SCIM schemas', () => {
  it.each(Object.entries(SCHEMAS))('%s comes out as it went in', async (_, document) => {
    const world = await createWorld()
    const made = await world.directory.draftCatalog(fromScimSchema(document))
    const { meta, ...out } = toScimSchema(await world.directory.getCatalog({ catalogId: made.catalog.id }))
    const { meta: given, ...rest } = document
    expect(out).toEqual({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], ...rest })
    expect([meta]).toEqual([given])
  })

  it('are refused where they say what SCIM does not', async () => {
    const attribute = { name: 'nickName', type: 'string' }
    const wrong: readonly [object, string][] = [
      [{ attributes: [] }, 'id'],
      [{ id: 'urn:x', attributes: [{ ...attribute, colour: 'red' }] }, 'attributes.0'],
      [{ id: 'urn:x', attributes: [{ ...attribute, type: 'text' }] }, 'attributes.0.type'],
      [{ id: 'urn:x', attributes: [attribute, { name: 'NICKNAME' }] }, 'attributes'],
      [{ id: 'urn:x', attributes: [{ name: '__proto__' }] }, 'attributes.0.name'],
      [{ id: 'urn:x', attributes: [], schemas: ['urn:y'] }, 'schemas.0'],
    ]
    for (const [document, path] of wrong) {
      const error = await refusal(Promise.resolve().then(() => fromScimSchema(document)))
      if (!isUserEngineError(error, 'INVALID_INPUT')) throw error
      expect(error.details.issues.map((issue) => issue.path)).toContain(path)
    }
  })
})

describe('SCIM users', () => {
  it.each(Object.entries(USERS))('%s is given back equal to what went in', async (_, user) => {
    const world = await createWorld()
    await imported(world)
    const { user: userId } = await world.provision()
    const platform = world.engine.as({
      actor: { kind: 'service', id: 'provisioning' },
      tenantId: null,
      audience: 'platform',
    })
    const { password, ...values } = fromScimUser(user)
    expect(password).toBe('t1meMa$heen')
    await platform.setProfileValues({ userId, values, source: 'scim' })
    const out = toScimUser(await platform.getProfile({ userId }), [ENTERPRISE])
    const { id, externalId, meta, password: never, ...expected } = user
    expect([id, externalId, meta, never]).not.toContain(undefined)
    expect(out).toEqual(expected)
  })

  it('keep no password: only where it is found, and that is never returned', async () => {
    const world = await createWorld()
    await imported(world)
    const { user: userId } = await world.provision()
    const given = { userName: 'bjensen', password: 't1meMa$heen' }
    const refused = await refusal(world.directory.setProfileValues({ userId, values: given, source: 'scim' }))
    expect(refused).toMatchObject({
      code: 'INVALID_ATTRIBUTES',
      details: { issues: [{ path: 'password', rule: 'not_a_reference' }] },
    })
    const values = { ...given, password: 'vault://identity/bjensen' }
    await world.directory.setProfileValues({ userId, values, source: 'scim' })
    expect(await world.directory.getProfile({ userId, attributes: ['userName', 'password'] })).toEqual({
      userName: 'bjensen',
    })
  })

  it('have their groups from the platform alone (RFC 7643 section 4.1.2)', async () => {
    const world = await createWorld()
    await imported(world)
    const { user: userId } = await world.provision()
    const values = fromScimUser({ userName: 'bjensen', groups: [{ value: 'g', display: 'Guides' }] })
    const refused = await refusal(world.directory.setProfileValues({ userId, values, source: 'scim' }))
    expect(refused).toMatchObject({ details: { issues: [{ path: 'groups', rule: 'read_only' }] } })
  })

  it.each([
    ['a text', 'bjensen'],
    ['a list', [{ userName: 'bjensen' }]],
    ['nothing', null],
    ['a number', 1],
  ])('are not %s', async (_, given) => {
    const error = await refusal(Promise.resolve().then(() => fromScimUser(given)))
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: '', rule: 'invalid_type' }] },
    })
  })

  it('keep what stands under the name of an extension and is none, to be refused by that name', () => {
    expect(fromScimUser({ 'urn:x:y': 'text', 'urn:x:z': [1], 'urn:x:n': null })).toEqual({
      'urn:x:y': 'text',
      'urn:x:z': [1],
      'urn:x:n': null,
    })
  })

  it('have the extensions that were asked for, and no other catalog', () => {
    const profile = { userName: 'bjensen', 'urn:x:y:z': 1, 'person:locale': 'en' }
    expect(toScimUser(profile)).toEqual({ schemas: [SCIM_USER], userName: 'bjensen' })
    expect(toScimUser(profile, ['urn:x:y', 'urn:x:absent'])).toEqual({
      schemas: [SCIM_USER, 'urn:x:y'],
      userName: 'bjensen',
      'urn:x:y': { z: 1 },
    })
  })

  it('keep nothing of an attribute that no schema has', async () => {
    const world = await createWorld()
    await imported(world)
    const { user: userId } = await world.provision()
    const values = fromScimUser({
      ...USERS.full,
      password: 'vault://x',
      groups: [],
      shoeSize: 44,
      'urn:x:y': { z: 1 },
    })
    const refused = await refusal(world.directory.setProfileValues({ userId, values, source: 'scim' }))
    expect(refused).toMatchObject({
      details: {
        issues: [
          { path: 'shoeSize', rule: 'undeclared' },
          { path: 'urn:x:y:z', rule: 'undeclared' },
        ],
      },
    })
    expect(await world.directory.getProfile({ userId })).toEqual({})
  })
})
