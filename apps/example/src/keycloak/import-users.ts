import { isUserEngineError, type Session } from '@user-engine/core'

import type { KeycloakUser, UserEntry } from './realm-export.ts'

export interface ImportOptions {
  /** Sessions of the tenant that the realm becomes. */
  readonly session: Session
  readonly realm: string
  /** The issuer under which the realm's own users sign in from now on. */
  readonly issuer: string
  /** The issuer of each identity provider by its alias in the realm. */
  readonly issuers: ReadonlyMap<string, string>
  /** How many users are under way at once. */
  readonly concurrency: number
  readonly onProgress?: (report: ImportReport) => void
}

export interface ImportReport {
  /** Users read so far. */
  read: number
  created: number
  /** Were there already, with all their identities. */
  unchanged: number
  /** Were there, and got identities that were missing. */
  completed: number
  readonly refused: { readonly index: number; readonly reason: string }[]
  /** How many users had each field that is not imported. */
  readonly ignoredFields: Map<string, number>
}

const IMPORTED = new Set(['id', 'username', 'enabled', 'serviceAccountClientId', 'federatedIdentities'])

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
  for (const field of Object.keys(entry.user)) {
    if (!IMPORTED.has(field)) report.ignoredFields.set(field, (report.ignoredFields.get(field) ?? 0) + 1)
  }
  try {
    report[await importUser(entry.user, options)] += 1
  } catch (error) {
    if (!isUserEngineError(error) || !REFUSALS.has(error.code)) throw error
    report.refused.push({ index: entry.index, reason: error.code })
  }
}

/** What is wrong with one user and says nothing of the others. */
const REFUSALS = new Set(['INVALID_INPUT', 'IDENTITY_TAKEN', 'ALREADY_EXISTS'])

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
  if (found !== null) return complete(session, found.userId, federated)
  await session.transaction(async (unit) => {
    const provisioned = await unit.provisionUser({
      kind: user.serviceAccountClientId === undefined ? 'person' : 'service',
      identity: own,
      accountState: user.enabled ? 'active' : 'disabled',
      tenantAccount: { externalId: user.username, origin: 'managed' },
    })
    for (const identity of federated) await unit.linkIdentity({ userId: provisioned.user.id, ...identity })
  })
  return 'created'
}

async function complete(session: Session, userId: string, federated: readonly Identity[]) {
  const present = await Promise.all(federated.map((identity) => session.findIdentity(identity)))
  const missing = federated.filter((_, index) => present[index] === null)
  for (const identity of missing) await session.linkIdentity({ userId, ...identity })
  return missing.length === 0 ? 'unchanged' : 'completed'
}
