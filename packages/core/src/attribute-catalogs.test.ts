import { describe, expect, it } from 'vitest'

import { bound, issuesOf, publish } from '../test/profiles.ts'
import { createWorld, refusal, type World } from '../test/world.ts'
import type { AttributeDefinition, AttributeDefinitions } from './index.ts'

const definitions = (...attributes: AttributeDefinition[]): AttributeDefinitions => ({ attributes })
const draft = async (session: World['tenant'], ...attributes: AttributeDefinition[]) =>
  (await session.draftCatalog({ key: 'profile', definitions: definitions(...attributes) })).catalog.id

describe.each(['eager', 'deferred'] as const)('catalogs, with %s writes', (writes) => {
  it('are numbered; publishing one deprecates the one before, in the same commit', async () => {
    const world = await createWorld({ writes })
    const first = await draft(world.tenant, { name: 'nickName' })
    await world.tenant.publishCatalog({ catalogId: first })
    const second = await draft(world.tenant, { name: 'nickName' }, { name: 'title' })
    await world.tenant.publishCatalog({ catalogId: second })
    const { items } = await world.tenant.listCatalogs()
    expect(items.map(({ catalogVersion, state, version }) => [catalogVersion, state, version])).toEqual([
      [1, 'deprecated', 3],
      [2, 'published', 2],
    ])
    const told = (await world.tenant.queryAudit({ targetId: second })).items.at(-1)
    expect(told).toMatchObject({ record: { changes: [{ id: first }, { id: second }] } })
  })

  it('have one draft at a time, and it alone can be changed', async () => {
    const world = await createWorld({ writes })
    const catalogId = await draft(world.tenant, { name: 'nickName' })
    expect(await refusal(draft(world.tenant))).toMatchObject({
      code: 'INVALID_STATE',
      details: { state: 'draft' },
    })
    await world.tenant.replaceDraft({ catalogId, definitions: definitions({ name: 'title' }) })
    await world.tenant.publishCatalog({ catalogId })
    const late = world.tenant.replaceDraft({ catalogId, definitions: definitions() })
    expect(await refusal(late)).toMatchObject({ code: 'INVALID_STATE', details: { state: 'published' } })
    expect(await world.tenant.getCatalog({ catalogId })).toMatchObject({
      definitions: { attributes: [{ name: 'title' }] },
    })
  })

  it('of the directory are seen in tenants unless they are drafts; nobody writes what another owns', async () => {
    const world = await createWorld({ writes })
    const catalogId = await draft(world.directory, { name: 'nickName' })
    expect(await refusal(world.tenant.getCatalog({ catalogId }))).toMatchObject({ code: 'NOT_FOUND' })
    await world.directory.publishCatalog({ catalogId })
    expect(await world.tenant.getCatalog({ catalogId })).toMatchObject({ layer: 'platform' })
    const listed = await world.tenant.listCatalogs({ layer: 'platform' })
    expect(listed.items.map(({ id }) => id)).toEqual([catalogId])
    const own = await draft(world.tenant, { name: 'nickName' })
    expect(await refusal(world.tenant.deprecateCatalog({ catalogId }))).toMatchObject({ code: 'NOT_FOUND' })
    for (const session of [world.otherTenant, world.directory]) {
      for (const attempt of [
        session.getCatalog({ catalogId: own }),
        session.publishCatalog({ catalogId: own }),
        session.replaceDraft({ catalogId: own, definitions: definitions() }),
      ]) {
        expect(await refusal(attempt)).toMatchObject({
          code: 'NOT_FOUND',
          details: { kind: 'attribute_catalog' },
        })
      }
    }
  })

  it('of an application are its owner’s, while it is not retired', async () => {
    const world = await createWorld({ writes })
    const { applicationId } = await bound(world)
    const given = { key: 'profile', definitions: definitions(), applicationId }
    expect(await refusal(world.tenant.draftCatalog(given))).toMatchObject({ code: 'NOT_FOUND' })
    const { catalog } = await world.directory.draftCatalog(given)
    await world.directory.publishCatalog({ catalogId: catalog.id })
    expect((await world.tenant.listCatalogs({ applicationId })).items).toMatchObject([
      { ownerId: applicationId },
    ])
    await world.directory.retireApplication({ applicationId })
    expect(await refusal(world.directory.draftCatalog(given))).toMatchObject({ code: 'INVALID_STATE' })
  })

  it('are not published with what breaks somebody, unless that is said', async () => {
    const world = await createWorld({ writes })
    await publish(world.tenant, [{ name: 'nickName' }, { name: 'title' }])
    const catalogId = await draft(world.tenant, { name: 'title', required: true })
    const error = await refusal(world.tenant.publishCatalog({ catalogId }))
    const changes = [
      { attribute: 'nickName', change: 'removed' },
      { attribute: 'title', change: 'required' },
    ]
    expect(error).toMatchObject({ code: 'BREAKING_CHANGE', details: { changes } })
    await world.tenant.publishCatalog({ catalogId, acceptBreaking: true })
  })

  it('are compared with the one before although it was deprecated first', async () => {
    const world = await createWorld({ writes })
    const first = await publish(world.tenant, [{ name: 'nickName' }])
    await world.tenant.deprecateCatalog({ catalogId: first })
    const catalogId = await draft(world.tenant)
    expect(await refusal(world.tenant.publishCatalog({ catalogId }))).toMatchObject({
      code: 'BREAKING_CHANGE',
    })
    await world.tenant.retireCatalog({ catalogId: first })
    await world.tenant.publishCatalog({ catalogId })
  })

  it('drafted by many at once: each number is given once, and one wins', async () => {
    const world = await createWorld({ writes })
    const attempts = Array.from({ length: 8 }, () => draft(world.tenant, { name: 'nickName' }))
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of settled) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'INVALID_STATE' })
    }
  })
})

describe('definitions', () => {
  const wrong: readonly [string, object, string][] = [
    [
      'a name twice in another case',
      { attributes: [{ name: 'title' }, { name: 'TITLE' }] },
      'attributes not_distinct',
    ],
    ['no name of RFC 7643', { attributes: [{ name: 'nick name' }] }, 'attributes.0.name invalid_format'],
    [
      'a complex one without parts',
      { attributes: [{ name: 'a', type: 'complex' }] },
      'attributes.0.subAttributes complex_alone',
    ],
    [
      'parts of a simple one',
      { attributes: [{ name: 'a', subAttributes: [{ name: 'b' }] }] },
      'attributes.0.subAttributes complex_alone',
    ],
    [
      'parts of parts',
      { attributes: [{ name: 'a', type: 'complex', subAttributes: [{ name: 'b', type: 'complex' }] }] },
      'attributes.0.subAttributes nested_complex',
    ],
    [
      'an audience twice',
      { attributes: [{ name: 'a', visibility: ['self', 'self'] }] },
      'attributes.0.visibility not_distinct',
    ],
    ['NUL', { description: 'a\0', attributes: [] }, ' control_character'],
    ['half of a character', { attributes: [{ name: 'a', description: '\ud800' }] }, ' ill_formed_unicode'],
    [
      'more than 1 MiB',
      {
        attributes: Array.from({ length: 300 }, (_, n) => ({ name: `a${n}`, description: 'x'.repeat(4096) })),
      },
      ' too_big',
    ],
    [
      'a part twice in another case',
      { attributes: [{ name: 'a', type: 'complex', subAttributes: [{ name: 'b' }, { name: 'B' }] }] },
      'attributes.0.subAttributes not_distinct',
    ],
    [
      'a part with values of its own',
      { attributes: [{ name: 'a', type: 'complex', subAttributes: [{ name: 'b', uniqueness: 'server' }] }] },
      'attributes.0.subAttributes single_value_alone',
    ],
    [
      'several unique values',
      { attributes: [{ name: 'a', multiValued: true, uniqueness: 'server' }] },
      'attributes.0.uniqueness single_value_alone',
    ],
    [
      'several secrets',
      { attributes: [{ name: 'a', multiValued: true, sensitivity: 'secret-ref' }] },
      'attributes.0.sensitivity single_value_alone',
    ],
    [
      'an audience nobody is',
      { attributes: [{ name: 'a', visibility: ['public'] }] },
      'attributes.0.visibility.0 invalid_value',
    ],
    [
      'a pattern',
      { attributes: [{ name: 'a', validation: { pattern: '(a+)+$' } }] },
      'attributes.0.validation unrecognized_keys',
    ],
    ['a lone surrogate', { description: '\ud800', attributes: [] }, ' ill_formed_unicode'],
    ['NUL', { description: '\0', attributes: [] }, ' control_character'],
    [
      'an own __proto__',
      { attributes: [JSON.parse('{"name":"a","__proto__":{"type":"boolean"}}')] },
      'attributes.0 unrecognized_keys',
    ],
    [
      '501 attributes',
      { attributes: Array.from({ length: 501 }, (_, index) => ({ name: `a${index}` })) },
      'attributes too_big',
    ],
    [
      '2 MiB',
      {
        attributes: Array.from({ length: 500 }, (_, index) => ({
          name: `a${index}`,
          description: 'd'.repeat(4096),
        })),
      },
      ' too_big',
    ],
    [
      'a length past 2^53',
      { attributes: [{ name: 'a', validation: { maximum: 2 ** 60 } }] },
      ' unsafe_number',
    ],
  ]
  it.each(wrong)('with %s are refused, and nothing is kept', async (_, given, issue) => {
    const world = await createWorld()
    const [path, rule] = issue.split(' ')
    const at = ['definitions', path].filter((part) => part !== '').join('.')
    const attempt = world.tenant.draftCatalog({ key: 'profile', definitions: given as AttributeDefinitions })
    expect(await issuesOf(attempt)).toContain(`${at} ${rule}`)
    expect((await world.tenant.listCatalogs()).items).toEqual([])
  })
})
