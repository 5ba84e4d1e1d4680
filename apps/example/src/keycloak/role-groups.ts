import type { Session } from '@user-engine/core'

import { allOf } from './pages.ts'
import type { KeycloakUser } from './realm-export.ts'

/** Roles of one group that a user is to have. */
export interface Assignment {
  readonly key: string
  readonly displayName: string
  readonly roles: readonly string[]
}

/** The groups of the realm, made when somebody is first in one. */
export interface RoleGroups {
  idOf(assignment: Assignment): Promise<string>
}

/** Where a user's roles and groups go. Role references are opaque: what they allow is for the policy to know. */
export function assignmentsOf({ realmRoles, clientRoles, groups }: KeycloakUser): readonly Assignment[] {
  const distinct = (roles: readonly string[]) => [...new Set(roles)]
  return [
    ...(realmRoles.length === 0
      ? []
      : [{ key: 'keycloak:roles', displayName: 'Realm roles', roles: distinct(realmRoles) }]),
    ...Object.entries(clientRoles).map(([client, roles]) => ({
      key: `keycloak:client:${client}`,
      displayName: `Roles of ${client}`,
      roles: distinct(roles),
    })),
    ...distinct(groups).map((path) => ({ key: `keycloak:group:${path}`, displayName: path, roles: [] })),
  ]
}

export async function createRoleGroups(session: Session): Promise<RoleGroups> {
  const ids = new Map<string, Promise<string>>()
  for (const { key, id, state } of await allOf((page) => session.listGroups(page))) {
    if (state === 'active') ids.set(key, Promise.resolve(id))
  }
  const make = async ({ key, displayName }: Assignment): Promise<string> => {
    const { group } = await session.createGroup({ key, displayName })
    return group.id
  }
  return {
    idOf(assignment) {
      // As the engine keeps it: keys are compared without case.
      const key = assignment.key.normalize('NFKC').toLowerCase()
      const found = ids.get(key) ?? make(assignment)
      ids.set(key, found)
      return found
    },
  }
}
