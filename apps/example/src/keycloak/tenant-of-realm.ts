import { isUserEngineError, type Session } from '@user-engine/core'

import { allOf } from './pages.ts'

/** The tenant that a realm became, by its external reference; made where it is not there. */
export async function tenantOfRealm(directory: Session, realm: string): Promise<string> {
  const externalRef = `keycloak:${realm}`
  try {
    return (await directory.registerTenant({ externalRef })).tenant.id
  } catch (error) {
    if (!isUserEngineError(error, 'ALREADY_EXISTS')) throw error
  }
  const tenants = await allOf((page) => directory.listTenants(page))
  const found = tenants.find((tenant) => tenant.externalRef === externalRef)
  if (found === undefined) throw new Error('The tenant of the realm was there a moment ago and is not found.')
  return found.id
}
