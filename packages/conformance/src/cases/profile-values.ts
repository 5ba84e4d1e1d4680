import {
  DIRECTORY,
  directoryScope,
  tenantScope,
  type JsonValue,
  type Scope,
  type User,
} from '@user-engine/store'

import type { Case } from '../case.ts'
import { SEPARATORS } from './subjects.ts'

/** What a store is likely to change on its way: by its own types, by a driver's, by a normaliser. */
const JSON_VALUES: readonly JsonValue[] = [
  null,
  false,
  0,
  -1.5,
  0.1,
  1e21,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  '',
  ' text ',
  '2026-01-01T00:00:00Z',
  '1',
  'É e\u0301 İ ß \u200b \u{1f600}',
  '"\\\n\u2028',
  [],
  {},
  [[], {}, [null]],
  { constructor: 1, toString: 'own', 'a.b': { $ref: ['x'] }, '': null },
  Array.from({ length: 500 }, (_, index) => ({ index, nested: [index, String(index)] })),
  'x'.repeat(1_000_000),
]

export const profileValues: readonly Case[] = [
  ...(['UE-PROFILE-001', 'UE-PROFILE-002'] as const).map((id): Case => ({
    id: `${id}/separate`,
    title: `Owners, and tenants that use one application, do not take ${id === 'UE-PROFILE-001' ? 'an attribute' : 'a unique key'} from each other`,
    async run(ctx) {
      const [one, other] = [await ctx.seed(), await ctx.seed()]
      const { user, application, catalog } = one
      const [here, there] = [one.tenant.id, other.tenant.id]
      const places = [
        [directoryScope(), { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY }],
        [tenantScope(here), { layer: 'tenant', scopeId: here, ownerId: here }],
        [tenantScope(here), { layer: 'application', scopeId: here, ownerId: application.id }],
        [tenantScope(there), { layer: 'application', scopeId: there, ownerId: application.id }],
      ] as const
      const uniqueKey = ctx.canary()
      for (const [scope, place] of places) {
        const its = id === 'UE-PROFILE-001' ? { userId: user.id } : { userId: ctx.make.user().id, uniqueKey }
        const value = ctx.make.profileValue({ ...its, ...place, catalogId: catalog.id, attribute: 'number' })
        await ctx.commit(scope, (tx) => tx.profileValues.insert(value))
        const found = await ctx.commit(scope, (tx) => tx.profileValues.find(value.id))
        ctx.equal(id, found, value, `the value of the ${place.layer}`)
      }
    },
  })),
  {
    id: 'UE-PROFILE-002/boundary',
    title: 'Attribute and unique key are two texts: moving a character from one to the other takes nothing',
    async run(ctx) {
      const { catalog } = await ctx.seed()
      for (const separator of ['', ...SEPARATORS]) {
        for (const [attribute, uniqueKey] of [
          ['number', `a${separator}b`],
          [`number${separator}a`, 'b'],
        ] as const) {
          const userId = ctx.make.user().id
          const value = ctx.make.profileValue({ userId, catalogId: catalog.id, attribute, uniqueKey })
          await ctx.commit(directoryScope(), (tx) => tx.profileValues.insert(value))
          const found = await ctx.commit(directoryScope(), (tx) => tx.profileValues.find(value.id))
          ctx.equal('UE-PROFILE-002', found, value, 'the value that was inserted')
        }
      }
    },
  },
  {
    id: 'UE-PROFILE-005/owner',
    title:
      'What a write decides on is all that one owner knows of attributes of the user, and nothing of others',
    async run(ctx) {
      const { tenant, user, application, catalog, value } = await ctx.seed()
      const owners = [
        { layer: 'platform', scopeId: DIRECTORY, ownerId: DIRECTORY },
        { layer: 'tenant', scopeId: tenant.id, ownerId: tenant.id },
        { layer: 'application', scopeId: tenant.id, ownerId: application.id },
      ] as const
      const valuesOf = ({ id: userId }: User) =>
        owners.flatMap((owner) =>
          (['cleared', 'set', 'set'] as const).map((state, index) => {
            const createdAt = new Date(Date.UTC(2027, 0, 1) - index * 1_000)
            return ctx.make.profileValue({ ...owner, userId, catalogId: catalog.id, state, createdAt })
          }),
        )
      const made = valuesOf(user)
      const another = valuesOf(ctx.make.user())
      await ctx.commit(directoryScope(tenant.id), async (tx) => {
        // In another order than that of their ids, and of their creation.
        for (const one of [...made.toReversed(), ...another]) await tx.profileValues.insert(one)
      })
      const all = [value, ...made]
      for (const { ownerId } of owners) {
        const owned = all.filter((one) => one.ownerId === ownerId)
        const attributes = all.map(({ attribute }) => attribute)
        const find = (scope: Scope, asked: readonly string[]) =>
          ctx.commit(scope, (tx) => tx.profileValues.findByOwner(user.id, ownerId, asked))
        const found = await find(directoryScope(tenant.id), attributes.toReversed())
        ctx.equal('UE-PROFILE-005', found, owned, 'all that one owner knows')
        const [first, ...others] = owned
        const asked = [...others.map(({ attribute }) => attribute), 'unknown']
        const some = await find(directoryScope(tenant.id), [...asked, ...asked])
        ctx.equal('UE-PROFILE-005', some, others, `all that one owner knows but for ${first?.attribute}`)
        const none = await find(directoryScope(tenant.id), [])
        ctx.equal('UE-PROFILE-005', none, [], 'what one owner knows of no attributes')
        const seen = await find(tenantScope(tenant.id), attributes)
        const here = owned.filter(({ scopeId }) => scopeId === tenant.id)
        ctx.equal('UE-PROFILE-005', seen, here, 'all that one owner knows, in the tenant')
      }
    },
  },
  {
    id: 'UE-PROFILE-004/json',
    title: 'Values and definitions come back equal, whatever JSON they are',
    async run(ctx) {
      const { user, catalog } = await ctx.seed()
      for (const [index, json] of JSON_VALUES.entries()) {
        const value = ctx.make.profileValue({ userId: user.id, catalogId: catalog.id, value: json })
        const definitions = ctx.make.attributeCatalog({ definitions: json, state: 'draft' })
        await ctx.commit(directoryScope(), async (tx) => {
          await tx.profileValues.insert(value)
          await tx.attributeCatalogs.insert(definitions)
        })
        const [kept, defined] = await ctx.commit(directoryScope(), (tx) =>
          Promise.all([tx.profileValues.find(value.id), tx.attributeCatalogs.find(definitions.id)]),
        )
        ctx.equal('UE-PROFILE-004', kept?.value, json, `value ${index + 1} of ${JSON_VALUES.length}`)
        ctx.equal('UE-PROFILE-004', defined?.definitions, json, `definitions ${index + 1}`)
      }
      const facts = await ctx.commit(directoryScope(), (tx) =>
        tx.profileValues.facts({ userId: user.id, applicationId: null, knownCatalogIds: [] }),
      )
      ctx.equal(
        'UE-PROFILE-004',
        facts.values.slice(1).map(({ value }) => value),
        JSON_VALUES,
        'all of them at once',
      )
    },
  },
]
