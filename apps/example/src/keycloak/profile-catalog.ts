import type { AttributeDefinition, AttributeDefinitions, Session } from '@user-engine/core'

import { allOf } from './pages.ts'
import type { KeycloakUser } from './realm-export.ts'

const KEY = 'keycloak'
const STANDARD: readonly AttributeDefinition[] = [
  { name: 'firstName' },
  { name: 'lastName' },
  { name: 'email' },
  { name: 'emailVerified', type: 'boolean' },
]

/** RFC 7643 section 2.1. Names are the same whatever their case: of two, the first is taken. */
function allowed(names: Iterable<string>): ReadonlySet<string> {
  const taken = new Set(STANDARD.map(({ name }) => name.toLowerCase()))
  const kept = new Set<string>()
  for (const name of names) {
    if (!/^[A-Za-z][A-Za-z0-9_$-]{0,63}$/.test(name) || taken.has(name.toLowerCase())) continue
    taken.add(name.toLowerCase())
    kept.add(name)
  }
  return kept
}

/** The attributes of users of a realm, by the names of the tenant's catalog. */
export interface ProfileCatalog {
  /** What of a user goes into the profile. `left` are attributes whose name can't be declared. */
  valuesOf(user: KeycloakUser): {
    readonly values: Readonly<Record<string, string | boolean | readonly string[]>>
    readonly left: readonly string[]
  }
}

/** Publishes a catalog with these attributes and those that earlier imports had, where there is none yet. */
export async function publishProfileCatalog(
  session: Session,
  names: Iterable<string>,
): Promise<ProfileCatalog> {
  const versions = await allOf((page) => session.listCatalogs(page))
  const own = versions.filter(({ key }) => key === KEY)
  const attributesOf = (state: string) => {
    const found = own.findLast((each) => each.state === state)
    return (found?.definitions as AttributeDefinitions | undefined)?.attributes
  }
  const before = attributesOf('published') ?? attributesOf('deprecated') ?? []
  const known = new Set(STANDARD.map(({ name }) => name))
  const custom = allowed([...before.map(({ name }) => name).filter((name) => !known.has(name)), ...names])
  const attributes = [...STANDARD, ...[...custom].map((name) => ({ name, multiValued: true }))]
  const isPublished = attributesOf('published')?.length === attributes.length
  if (!isPublished) {
    const definitions = {
      name: 'Keycloak',
      description: 'Attributes of a realm that was imported.',
      attributes,
    }
    // An import that was killed may have left a draft.
    const draft = own.find(({ state }) => state === 'draft')
    const made =
      draft === undefined
        ? await session.draftCatalog({ key: KEY, definitions })
        : await session.replaceDraft({ catalogId: draft.id, definitions })
    await session.publishCatalog({ catalogId: made.catalog.id })
  }
  return {
    valuesOf(user) {
      const values: Record<string, string | boolean | readonly string[]> = {}
      for (const { name } of STANDARD) {
        const value = user[name as 'firstName' | 'lastName' | 'email' | 'emailVerified']
        if (value !== undefined) values[`${KEY}:${name}`] = value
      }
      const given = Object.entries(user.attributes)
      for (const [name, value] of given) if (custom.has(name)) values[`${KEY}:${name}`] = value
      return { values, left: given.flatMap(([name]) => (custom.has(name) ? [] : [name])) }
    },
  }
}
