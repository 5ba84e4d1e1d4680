import {
  DIRECTORY,
  type ProfileFacts,
  type ProfileQuery,
  type ProfileValue,
  type ProfileValueRepository,
  type SignInQuery,
} from '@user-engine/store'

import { sees, type Access } from './access.ts'
import { findBindingOf } from './application-bindings.ts'
import { findApplication } from './applications.ts'
import { catalogsInForce, isOf, type Owner } from './attribute-catalogs.ts'
import type { View } from './layers.ts'
import { createRepository, listSeen } from './repository.ts'
import { versionedTables } from './tables.ts'

export function createProfileValueRepository(access: Access): ProfileValueRepository {
  return {
    ...createRepository(access, versionedTables.profileValues),
    facts: (query) => access.read((view) => factsOf(view, access, query)),
    findByOwner: (userId, ownerId, attributes) => {
      const asked = new Set(attributes)
      const isMeant = (value: ProfileValue) =>
        value.userId === userId && value.ownerId === ownerId && asked.has(value.attribute)
      return access.read((view) => seenOf(view, access, isMeant))
    },
    listByUser: (userId, page) => listSeen(access, 'profileValues', page, (value) => value.userId === userId),
  }
}

/** Without a profile, only what lets somebody in. */
export function signInFactsOf(
  view: View,
  access: Access,
  query: ProfileQuery & Pick<SignInQuery, 'withProfile'>,
): ProfileFacts {
  if (query.withProfile) return factsOf(view, access, query)
  return { ...placeOf(view, access, query), catalogs: [], values: [] }
}

function placeOf(view: View, access: Access, { applicationId }: Pick<ProfileQuery, 'applicationId'>) {
  return {
    application: applicationId === null ? null : findApplication(view, access, applicationId),
    binding: applicationId === null ? null : findBindingOf(view, access, applicationId),
  }
}

function factsOf(view: View, access: Access, query: ProfileQuery): ProfileFacts {
  const { userId, knownCatalogIds } = query
  const { tenantId } = access.scope
  const { application, binding } = placeOf(view, access, query)
  const owners: Owner[] = [{ scopeId: DIRECTORY, ownerId: DIRECTORY }]
  if (tenantId !== null) owners.push({ scopeId: tenantId, ownerId: tenantId })
  const catalogOwners = [...owners]
  if (application !== null) {
    catalogOwners.push({ scopeId: application.scopeId, ownerId: application.id })
    if (tenantId !== null) owners.push({ scopeId: tenantId, ownerId: application.id })
  }
  return {
    application,
    binding,
    catalogs: catalogsInForce(view, access, catalogOwners, binding?.catalogId ?? null).map(
      ({ scopeId, id, version, layer, ownerId, key, catalogVersion, definitions }) => ({
        scopeId,
        id,
        version,
        layer,
        ownerId,
        key,
        catalogVersion,
        definitions: knownCatalogIds.includes(id) ? null : definitions,
      }),
    ),
    values: seenOf(
      view,
      access,
      (value) => value.userId === userId && value.state === 'set' && isOf(owners, value),
    ).map(({ layer, attribute, value, source, catalogId }) => ({
      layer,
      attribute,
      value,
      source,
      catalogId,
    })),
  }
}

function seenOf(view: View, access: Access, isMeant: (value: ProfileValue) => boolean): ProfileValue[] {
  return view
    .list('profileValues')
    .filter((value) => isMeant(value) && sees(access, 'profileValues', value))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
