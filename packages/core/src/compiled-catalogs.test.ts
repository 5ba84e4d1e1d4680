import { DIRECTORY, parseAttributeCatalogId, parseTenantId, type ProfileCatalog } from '@user-engine/store'
import { expect, it } from 'vitest'

import { createCompiledCatalogs } from './compiled-catalogs.ts'

function catalog(ownerId: ProfileCatalog['ownerId'], attributes: number): ProfileCatalog {
  return {
    scopeId: DIRECTORY,
    id: parseAttributeCatalogId(crypto.randomUUID()),
    layer: ownerId === DIRECTORY ? 'platform' : 'tenant',
    ownerId,
    key: 'profile',
    catalogVersion: 1,
    definitions: { attributes: Array.from({ length: attributes }, (_, index) => ({ name: `a${index}` })) },
    version: 2,
  }
}

const tenant = () => parseTenantId(crypto.randomUUID())

it('compiles a version once, and tells the store that it need not send it again', () => {
  const compiled = createCompiledCatalogs()
  const one = catalog(DIRECTORY, 3)
  const other = catalog(tenant(), 3)
  const first = compiled.knownOf([DIRECTORY, other.ownerId])
  expect(first.ids).toEqual([])
  const made = first.compile([one, other])
  const again = compiled.knownOf([DIRECTORY])
  expect(again.ids).toEqual([one.id])
  expect(again.compile([{ ...one, definitions: null }])[0]).toBe(made[0])
})

it('forgets the oldest beyond its bound, and a read that is under way still has them', () => {
  const compiled = createCompiledCatalogs(100)
  const owners = Array.from({ length: 50 }, tenant)
  const all = owners.map((owner) => catalog(owner, 9))
  compiled.knownOf([]).compile(all.slice(0, 1))
  const underWay = compiled.knownOf(owners.slice(0, 1))
  compiled.knownOf([]).compile(all.slice(1))
  expect(compiled.knownOf(owners).ids).toEqual(all.slice(-10).map(({ id }) => id))
  expect(underWay.compile(all.slice(0, 1).map((each) => ({ ...each, definitions: null })))[0]?.id).toBe(
    all[0]?.id,
  )
})

it('is not misled by definitions that nobody drafted here', () => {
  const wrong = { ...catalog(DIRECTORY, 1), definitions: [{ name: 'canary' }] }
  expect(() => createCompiledCatalogs().knownOf([]).compile([wrong])).toThrow(TypeError)
})
