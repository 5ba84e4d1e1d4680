import type { ImportOutcome, Session, UnitOfWork, UserToImport } from '@user-engine/core'

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
  /** How many users commit together. */
  readonly batchSize: number
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
const SOURCE = 'keycloak'

/** Users who are there already and are looked at at once. */
const COMPLETED_AT_ONCE = 16

type Known = Extract<UserEntry, { readonly user: KeycloakUser }>

/**
 * Imports users until the source ends, many in a commit and each as a whole. Running it again, or on after a crash, changes
 * nothing for a user who is there: who is there is decided by the identity, which is unique under any race.
 */
export async function importUsers(
  entries: AsyncIterable<UserEntry>,
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
  /** Those that the engine has been given and has not told of. */
  const underWay: Known[] = []
  await options.session.importUsers({
    users: usersOf(entries, underWay, options, report),
    batchSize: options.batchSize,
    async onBatch(outcomes) {
      const told = underWay.splice(0, outcomes.length)
      const pairs = outcomes.flatMap((outcome, place) => {
        const entry = told[place]
        return entry === undefined ? [] : [{ outcome, entry }]
      })
      for (let next = 0; next < pairs.length; next += COMPLETED_AT_ONCE) {
        const some = pairs.slice(next, next + COMPLETED_AT_ONCE)
        await Promise.all(some.map(({ outcome, entry }) => conclude(outcome, entry, options, report)))
      }
      options.onProgress?.(report)
    },
  })
  return report
}

async function* usersOf(
  entries: AsyncIterable<UserEntry>,
  underWay: Known[],
  options: ImportOptions,
  report: ImportReport,
): AsyncGenerator<UserToImport> {
  const count = (field: string) => report.ignoredFields.set(field, (report.ignoredFields.get(field) ?? 0) + 1)
  for await (const entry of entries) {
    if ('problems' in entry) {
      report.read += 1
      report.refused.push({ index: entry.index, reason: entry.problems.join('; ') })
      continue
    }
    for (const field of Object.keys(entry.user)) {
      if (RULES.get(field)?.verdict !== 'imported') count(field)
    }
    for (const name of options.catalog.valuesOf(entry.user).left) count(`attributes.${name}`)
    const user = await toImport(entry.user, options)
    underWay.push(entry)
    yield user
  }
}

async function conclude(
  outcome: ImportOutcome,
  { index, user }: Known,
  options: ImportOptions,
  report: ImportReport,
): Promise<void> {
  report.read += 1
  if (outcome.outcome === 'created') report.created += 1
  else if (outcome.outcome === 'existing') report[await complete(user, outcome.userId, options)] += 1
  else if (REFUSALS.has(outcome.error.code)) report.refused.push({ index, reason: outcome.error.code })
  else throw outcome.error
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

async function toImport(user: KeycloakUser, options: ImportOptions): Promise<UserToImport> {
  const [identity, ...identities] = identitiesOf(user, options)
  const { values } = options.catalog.valuesOf(user)
  return {
    identity,
    identities,
    kind: user.serviceAccountClientId === undefined ? 'person' : 'service',
    accountState: user.enabled ? 'active' : 'disabled',
    tenantAccount: { externalId: user.username, origin: 'managed' },
    memberships: await membershipsOf(user, options),
    ...(Object.keys(values).length > 0 && { profile: { values, source: SOURCE } }),
  }
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
  if (Object.keys(values).length > 0) await unit.setProfileValues({ userId, values, source: SOURCE })
}

/** Gives a user who is there what is missing, in one unit of work; what is there stays as it is. */
async function complete(
  user: KeycloakUser,
  userId: string,
  options: ImportOptions,
): Promise<'unchanged' | 'completed'> {
  const { session, catalog } = options
  const [, ...federated] = identitiesOf(user, options)
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
