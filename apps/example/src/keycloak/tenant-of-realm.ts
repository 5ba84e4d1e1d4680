import { isUserEngineError, type Session } from '@user-engine/core'

/** The tenant that a realm became, by its external reference; made where it is not there. */
export async function tenantOfRealm(directory: Session, realm: string): Promise<string> {
  const externalRef = `keycloak:${realm}`
  try {
    return (await directory.registerTenant({ externalRef })).tenant.id
  } catch (error) {
    if (!isUserEngineError(error, 'ALREADY_EXISTS')) throw error
  }
  for (let cursor: string | null = null; ;) {
    const page: Awaited<ReturnType<Session['listTenants']>> = await directory.listTenants({
      cursor,
      limit: 500,
    })
    const found = page.items.find((tenant) => tenant.externalRef === externalRef)
    if (found !== undefined) return found.id
    if (page.nextCursor === null)
      throw new Error('The tenant of the realm was there a moment ago and is not found.')
    cursor = page.nextCursor
  }
}
