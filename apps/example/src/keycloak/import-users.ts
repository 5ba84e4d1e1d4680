import { isUserEngineError, type Session, type UnitOfWork } from '@user-engine/core'

import { rulesByField, USER_FIELDS } from './fields.ts'
import { allOf } from './pages.ts'
import type { ProfileCatalog } from './profile-catalog.ts'
import type { KeycloakUser, UserEntry } from './realm-export.ts'
import { assignmentsOf, type RoleGroups } from './role-groups.ts'

export interface ImportOptions {
  /** Sessions of the tenant that the realm becomes. */
  readonly session: Session
  readonly realm: string
  /** The issuer under which the realm's own users sign in from now on. */
  readonly issuer: string
  /** The issuer of each identity provider by its alias in the realm. */
  readonly issuers: ReadonlyMap<string, string>
  readonly catalog: ProfileCatalog
  readonly groups: RoleGroups
  /** How many users are under way at once. */
  readonly concurrency: number
  readonly onProgress?: (report: ImportReport) => void
}

export interface ImportReport {
  /** Users read so far. */
  read: number
  created: number
  /** Were there already, with all that the export says of them. */
  unchanged: number
  /** Were there, and got identities, attributes or memberships that were missing. */
  completed: number
  readonly refused: { readonly index: number; readonly reason: string }[]
  /** How many users had each field that is not imported. */
  readonly ignoredFields: Map<string, number>
}

const RULES = rulesByField(USER_FIELDS)

/**
 * Imports users until the source ends, each in one unit of work. Running it again, or on after a crash, changes nothing
 * for a user who is there: who is there is decided by the identity, which is unique under any race.
 */
export async function importUsers(
  users: AsyncIterable<UserEntry>,
  options: ImportOptions,
): Promise<ImportReport> {
  const report: ImportReport = {
    read: 0,
    created: 0,
    unchanged: 0,
    completed: 0,
    refused: [],
    ignoredFields: new Map(),
  }
  const underWay = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | null = null
  for await (const entry of users) {
    if (failure !== null) break
    const work = importEntry(entry, options, report)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => {
        underWay.delete(work)
        report.read += 1
        options.onProgress?.(report)
      })
    underWay.add(work)
    if (underWay.size >= options.concurrency) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  if (failure !== null) throw (failure as { readonly error: unknown }).error
  return report
}

async function importEntry(entry: UserEntry, options: ImportOptions, report: ImportReport): Promise<void> {
  if ('problems' in entry) {
    report.refused.push({ index: entry.index, reason: entry.problems.join('; ') })
    return
  }
  const count = (field: string) => report.ignoredFields.set(field, (report.ignoredFields.get(field) ?? 0) + 1)
  for (const field of Object.keys(entry.user)) {
    if (RULES.get(field)?.verdict !== 'imported') count(field)
  }
  for (const name of options.catalog.valuesOf(entry.user).left) count(`attributes.${name}`)
  try {
    report[await importUser(entry.user, options)] += 1
  } catch (error) {
    if (!isUserEngineError(error) || !REFUSALS.has(error.code)) throw error
    report.refused.push({ index: entry.index, reason: error.code })
  }
}

/** What is wrong with one user and says nothing of the others. */
const REFUSALS = new Set(['INVALID_INPUT', 'INVALID_ATTRIBUTES', 'IDENTITY_TAKEN', 'ALREADY_EXISTS'])

interface Identity {
  readonly issuer: string
  readonly subject: string
}

/** The realm's own identity first. Without `id` the subject is not known, and the username names the person. */
function identitiesOf(user: KeycloakUser, options: ImportOptions): readonly [Identity, ...Identity[]] {
  const realm = `urn:keycloak:${encodeURIComponent(options.realm)}`
  const own =
    user.id === undefined
      ? { issuer: `${realm}:username`, subject: user.username }
      : { issuer: options.issuer, subject: user.id }
  const federated = user.federatedIdentities.map(({ identityProvider, userId }) => ({
    issuer:
      options.issuers.get(identityProvider) ?? `${realm}:provider:${encodeURIComponent(identityProvider)}`,
    subject: userId,
  }))
  return [own, ...federated]
}

async function importUser(
  user: KeycloakUser,
  options: ImportOptions,
): Promise<'created' | 'unchanged' | 'completed'> {
  const { session } = options
  const [own, ...federated] = identitiesOf(user, options)
  const found = await session.findIdentity(own)
  if (found !== null) return complete(user, found.userId, federated, options)
  const joins = await membershipsOf(user, options)
  const { values } = options.catalog.valuesOf(user)
  await session.transaction(async (unit) => {
    const provisioned = await unit.provisionUser({
      kind: user.serviceAccountClientId === undefined ? 'person' : 'service',
      identity: own,
      accountState: user.enabled ? 'active' : 'disabled',
      tenantAccount: { externalId: user.username, origin: 'managed' },
    })
    const userId = provisioned.user.id
    for (const identity of federated) await unit.linkIdentity({ userId, ...identity })
    await describe(unit, userId, values)
    const tenantAccountId = provisioned.tenantAccount?.id ?? ''
    for (const join of joins) await unit.addMembership({ tenantAccountId, ...join })
  })
  return 'created'
}

async function membershipsOf(user: KeycloakUser, { groups }: ImportOptions) {
  const all = assignmentsOf(user).map(async (assignment) => ({
    groupId: await groups.idOf(assignment),
    roles: [...assignment.roles],
  }))
  return Promise.all(all)
}

type Values = ReturnType<ProfileCatalog['valuesOf']>['values']

async function describe(unit: UnitOfWork, userId: string, values: Values): Promise<void> {
  if (Object.keys(values).length > 0) await unit.setProfileValues({ userId, values, source: 'keycloak' })
}

/** Gives a user who is there what is missing, in one unit of work; what is there stays as it is. */
async function complete(
  user: KeycloakUser,
  userId: string,
  federated: readonly Identity[],
  options: ImportOptions,
): Promise<'unchanged' | 'completed'> {
  const { session, catalog } = options
  const account = await session.findTenantAccount({ userId })
  // Nobody comes back by an import.
  const isMember = account !== null && account.state !== 'deprovisioned'
  const joins = isMember ? await membershipsOf(user, options) : []
  const wanted = isMember ? Object.entries(catalog.valuesOf(user).values) : []
  const tenantAccountId = account?.id ?? ''
  const [present, profile, groups] = await Promise.all([
    Promise.all(federated.map((identity) => session.findIdentity(identity))),
    wanted.length === 0 ? {} : session.getProfile({ userId }),
    joins.length === 0 ? [] : allOf((page) => session.listMemberships({ tenantAccountId, ...page })),
  ])
  const identities = federated.filter((_, index) => present[index] === null)
  const values = Object.fromEntries(wanted.filter(([name]) => !Object.hasOwn(profile, name)))
  const missing = joins.filter(({ groupId }) => !groups.some((each) => each.groupId === groupId))
  if (identities.length + Object.keys(values).length + missing.length === 0) return 'unchanged'
  await session.transaction(async (unit) => {
    for (const identity of identities) await unit.linkIdentity({ userId, ...identity })
    await describe(unit, userId, values)
    for (const join of missing) await unit.addMembership({ tenantAccountId, ...join })
  })
  return 'completed'
}
