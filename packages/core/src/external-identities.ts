import {
  DIRECTORY,
  parseExternalIdentityId,
  parseUserId,
  parseApplicationId,
  type Account,
  type Application,
  type ApplicationBinding,
  type ApplicationId,
  type ExternalIdentity,
  type ExternalIdentityId,
  type GroupMembership,
  type SignIn,
  type Tenant,
  type TenantAccount,
  type User,
  type UserId,
} from '@user-engine/store'
import { z } from 'zod'

import {
  defineCommand,
  defineQuery,
  expectState,
  expectVersion,
  inState,
  ownersOf,
  ref,
  required,
  scopeIdOf,
  updated,
  type Guard,
  type Operations,
  type Seen,
} from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { effectiveProfile, type EffectiveProfile } from './effective-profile.ts'
import { UserEngineError } from './errors.ts'
import { identityFields, identityScopeId, linked } from './identity.ts'
import { id, pageFields } from './input.ts'

/** What a sign-in comes to: everybody who is needed is active, or the first level that refuses. */
export type Resolution =
  | {
      readonly outcome: 'active'
      readonly identity: ExternalIdentity
      readonly user: User
      readonly account: Account
      /** Null where the context has no tenant. */
      readonly tenant: Tenant | null
      readonly tenantAccount: TenantAccount | null
      /** The active ones, in active groups; none where the context has no tenant. */
      readonly memberships: readonly GroupMembership[]
      /** Null where none was asked for. */
      readonly application: Application | null
      readonly binding: ApplicationBinding | null
      /** What the context's audience sees of the user, as `getProfile` answers it; null where it was not asked for. */
      readonly profile: EffectiveProfile | null
    }
  | {
      readonly outcome: 'refused'
      readonly level:
        | 'identity'
        | 'user'
        | 'account'
        | 'tenant'
        | 'tenant_account'
        | 'application'
        | 'binding'
      /** `unknown`, or the state that refuses. */
      readonly reason: string
      /** Whose identity it is; null where nobody's. */
      readonly userId: UserId | null
    }

/**
 * Levels refuse in the order identity, user, account, tenant, tenant account, application, binding: the last two where an
 * application was asked for, the binding where it was in a tenant.
 */
function resolution(
  { identity, user, account, tenant, tenantAccount, memberships, profile: facts }: SignIn,
  seen: () => EffectiveProfile | null,
  inTenant: boolean,
  applicationId: ApplicationId | null,
): Resolution {
  const refused = (level: (Resolution & { outcome: 'refused' })['level'], record: { state: string } | null) =>
    ({
      outcome: 'refused',
      level,
      reason: record?.state ?? 'unknown',
      userId: identity?.userId ?? null,
    }) as const
  if (identity?.state !== 'linked') return refused('identity', identity)
  if (user?.state !== 'active') return refused('user', user)
  if (account?.state !== 'active') return refused('account', account)
  const active = { outcome: 'active', identity, user, account } as const
  const { application, binding } = facts
  const asked = applicationId !== null
  if (!inTenant) {
    if (asked && application?.state !== 'active') return refused('application', application)
    return {
      ...active,
      tenant: null,
      tenantAccount: null,
      memberships: [],
      application,
      binding: null,
      profile: seen(),
    }
  }
  if (tenant?.state !== 'active') return refused('tenant', tenant)
  if (tenantAccount?.state !== 'active') return refused('tenant_account', tenantAccount)
  if (asked && application?.state !== 'active') return refused('application', application)
  if (asked && binding?.state !== 'active') return refused('binding', binding)
  const counted = memberships.filter(
    ({ membership, group }) => membership.state === 'active' && group.state === 'active',
  )
  return { ...active, tenant, tenantAccount, memberships: counted, application, binding, profile: seen() }
}

type Linking = Seen<User> & Partial<Pick<User, 'version'>>

interface UnlinkRecords {
  readonly identity: ExternalIdentity | null
  /** One that stays linked, or null. */
  readonly other: ExternalIdentity | null
}

function isAnother({ id: eachId, state }: ExternalIdentity, than: ExternalIdentityId): boolean {
  return state === 'linked' && eachId !== than
}

const userId = id(parseUserId)
const identityId = id(parseExternalIdentityId)

export const externalIdentityCommands = {
  /** Links one more identity to an active user. IDENTITY_TAKEN where it is linked, to whomever. */
  linkIdentity: defineCommand(
    { userId, ...identityFields },
    {
      action: 'external_identity.link',
      scope: 'directory',
      home: 'context',
      target: (input) => ({ kind: 'user', id: input.userId }),
      load: (tx, input) => tx.users.find(input.userId),
      suppose: (input): Linking => ({ id: input.userId, state: 'active' }),
      decide(loaded: Linking | null, input, facts) {
        const user = required(loaded, 'user')
        expectVersion(user, 'user', input)
        const active = inState<User>(user, 'user', DIRECTORY, ['active'], facts)
        const version = input.expectedVersion
        const same: Guard[] =
          version === undefined
            ? []
            : [{ kind: 'user', record: { scopeId: DIRECTORY, id: user.id, version } }]
        const scopeId = identityScopeId(input, facts.tenantId)
        const change = linked(facts.newId() as ExternalIdentityId, user.id, scopeId, input, facts)
        return {
          changes: [change],
          guards: [active, ...same],
          result: { identity: ref(change.after) },
        }
      },
    },
  ),
  /**
   * Unlinks an identity; it stays as history. LAST_IDENTITY where the user would have none left, unless `allowLast`: under
   * any race one stays.
   */
  unlinkIdentity: defineCommand(
    { userId, identityId, allowLast: z.boolean().default(false) },
    {
      action: 'external_identity.unlink',
      scope: 'directory',
      home: 'context',
      target: (input) => ({ kind: 'user', id: input.userId }),
      async load(tx, input): Promise<UnlinkRecords> {
        const [identity, first] = await Promise.all([
          tx.externalIdentities.find(input.identityId),
          tx.externalIdentities.listByUser(input.userId, { after: null, limit: 500 }),
        ])
        let page = first
        while (page.next !== null && !page.items.some((each) => isAnother(each, input.identityId))) {
          page = await tx.externalIdentities.listByUser(input.userId, { after: page.next, limit: 500 })
        }
        return { identity, other: page.items.find((each) => isAnother(each, input.identityId)) ?? null }
      },
      decide(loaded: UnlinkRecords, input, facts) {
        const identity = required(loaded.identity, 'external_identity')
        if (identity.userId !== input.userId) {
          throw new UserEngineError('NOT_FOUND', { kind: 'external_identity' })
        }
        expectVersion(identity, 'external_identity', input)
        expectState(identity, 'external_identity', ['linked'], facts.action)
        if (loaded.other === null && !input.allowLast) throw new UserEngineError('LAST_IDENTITY', {})
        const change = updated(
          'external_identity',
          identity,
          { state: 'unlinked' },
          facts,
          'external_identity.unlinked',
          { userId: identity.userId },
        )
        const guards: Guard[] = []
        if (loaded.other !== null && !input.allowLast) {
          guards.push({ kind: 'external_identity', record: loaded.other })
        }
        return { changes: [change], guards, result: { identity: ref(change.after) } }
      },
    },
  ),
}

export const externalIdentityQueries = {
  /**
   * The sign-in path: one read, one typed answer. It never throws for somebody unknown. With `applicationId` it says too
   * whether the application, and in a tenant its binding, lets them in. With `profile: false` no profile is read.
   */
  resolveIdentity: defineQuery(
    {
      ...identityFields,
      applicationId: id(parseApplicationId).nullish(),
      profile: z.boolean().default(true),
    },
    {
      action: 'external_identity.resolve',
      scope: 'directory',
      target: () => ({ kind: 'external_identity', id: null }),
      async read(tx, input, { tenantId, audience }, compiled) {
        const { issuer, subject, profile: withProfile } = input
        const scopeId = identityScopeId(input, tenantId)
        const applicationId = input.applicationId ?? null
        const known = compiled.knownOf(withProfile ? ownersOf(tenantId, applicationId) : [])
        const about = { scopeId, issuer, subject, applicationId }
        const query = { ...about, withProfile, knownCatalogIds: known.ids }
        const found = await tx.externalIdentities.resolve(query)
        const { profile } = found
        const seen = () =>
          withProfile ? effectiveProfile(profile, known.compile(profile.catalogs), audience) : null
        return resolution(found, seen, tenantId !== null, applicationId)
      },
    },
  ),
  /** The linked identity of an issuer's subject, or null. */
  findIdentity: defineQuery(identityFields, {
    action: 'external_identity.get',
    scope: 'directory',
    target: () => ({ kind: 'external_identity', id: null }),
    async read(tx, input, { tenantId }) {
      const { issuer, subject } = input
      return tx.externalIdentities.findLinked({ scopeId: identityScopeId(input, tenantId), issuer, subject })
    },
  }),
  /** The identity, linked or not, or NOT_FOUND. */
  getIdentity: defineQuery(
    { identityId },
    {
      action: 'external_identity.get',
      scope: 'directory',
      target: (input) => ({ kind: 'external_identity', id: input.identityId }),
      read: async (tx, input) =>
        required(await tx.externalIdentities.find(input.identityId), 'external_identity'),
    },
  ),
  /** The user's identities, linked and unlinked, in order of id, by page. */
  listIdentities: defineQuery(
    { userId, ...pageFields },
    {
      action: 'external_identity.list',
      scope: 'directory',
      target: (input) => ({ kind: 'user', id: input.userId }),
      async read(tx, input, { tenantId }) {
        const scopeId = scopeIdOf('context', tenantId)
        const after = decodeCursor('identities', scopeId, input.cursor, parseExternalIdentityId)
        const page = await tx.externalIdentities.listByUser(input.userId, { after, limit: input.limit })
        return encodePage('identities', scopeId, page)
      },
    },
  ),
}

export type ExternalIdentityCommands = Operations<typeof externalIdentityCommands>
export type ExternalIdentityQueries = Operations<typeof externalIdentityQueries>
