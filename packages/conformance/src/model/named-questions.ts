import type {
  Account,
  Application,
  ApplicationBinding,
  AttributeCatalog,
  ExternalIdentity,
  Group,
  Membership,
  ProfileValue,
  SignInQuery,
  TenantAccount,
} from '@user-engine/store'

import { differences } from '../show.ts'
import { isKept, lookalikesOf, textsIn } from './alphabet.ts'
import { catalogsOf, findLinked, latest, one, ownerValues, signIn } from './answers.ts'
import { factsOf, findOf, pages, timelineOf, WHOLE, type Question, type Surroundings } from './questions.ts'
import type { ModelRequirement } from './requirements.ts'
import { seen, type KeptRecord, type View } from './state.ts'

/** Every read that names the record, or something that it holds, also where it was undone or is nobody's to see. */
export function namedQuestions(view: View, around: Surroundings, subject: KeptRecord): readonly Question[] {
  const { kind, record } = subject
  const whole = [findOf(view, kind, record.id), timelineOf(view, around, record.scopeId, record.id)(WHOLE)]
  // What can't be kept, nobody asks for.
  return textsIn(record).every(isKept) ? [...whole, ...about(view, around)[kind](record as never)] : whole
}

type About = { readonly [Kind in KeptRecord['kind']]: (record: never) => readonly Question[] }

function about(view: View, around: Surroundings): About {
  const { start } = around
  return {
    tenant: () => [],
    user: ({ id }: Account) => ofUser(view, around, id as never),
    account: ({ userId }: Account) => [
      ask(
        'UE-IDENTITY-005',
        'the account of a user',
        one<Account>(view, 'account', (own) => own.userId === userId),
        (tx) => tx.accounts.findByUser(userId),
      ),
    ],
    external_identity: (identity: ExternalIdentity) => [
      ...spelled(identity.subject).flatMap((subject) => signInOf(view, around, { ...identity, subject })),
      ...spelled(identity.issuer)
        .slice(1, 2)
        .flatMap((issuer) => signInOf(view, around, { ...identity, issuer })),
      identitiesOf(view, around, identity.userId),
    ],
    tenant_account: (account: TenantAccount) => [
      ask(
        'UE-RECORD-001',
        'the tenant account of a user',
        one<TenantAccount>(view, 'tenant_account', ({ userId }) => userId === account.userId),
        (tx) => tx.tenantAccounts.findByUser(account.userId),
      ),
      pages<Membership>(
        'UE-RECORD-001',
        'records',
        'the memberships of a tenant account',
        seen<Membership>(view, 'membership').filter(({ tenantAccountId }) => tenantAccountId === account.id),
        start,
        (tx, page) => tx.memberships.listByTenantAccount(account.id, page),
        ({ id }) => id,
      )(2),
    ],
    group: (group: Group) => [
      ...spelled(group.key).map((key) =>
        ask(
          'UE-GROUP-001',
          'the group of a key',
          one<Group>(view, 'group', (other) => other.key === key && other.state !== 'removed'),
          (tx) => tx.groups.findByKey(key),
        ),
      ),
      pages<Membership>(
        'UE-RECORD-001',
        'records',
        'the memberships of a group',
        seen<Membership>(view, 'membership').filter(({ groupId }) => groupId === group.id),
        start,
        (tx, page) => tx.memberships.listByGroup(group.id, page),
        ({ id }) => id,
      )(WHOLE),
    ],
    membership: ({ groupId, tenantAccountId }: Membership) => [
      ask(
        'UE-MEMBERSHIP-001',
        'the membership of a member',
        one<Membership>(
          view,
          'membership',
          (other) => other.groupId === groupId && other.tenantAccountId === tenantAccountId,
        ),
        (tx) => tx.memberships.findByMember(groupId, tenantAccountId),
      ),
    ],
    application: (application: Application) =>
      spelled(application.clientKey).map((clientKey) =>
        ask(
          'UE-APPLICATION-001',
          'the application of a client key',
          one<Application>(
            view,
            'application',
            (other) => other.scopeId === application.scopeId && other.clientKey === clientKey,
          ),
          (tx) => tx.applications.findByClientKey({ scopeId: application.scopeId, clientKey }),
        ),
      ),
    application_binding: ({ applicationId }: ApplicationBinding) => [
      ask(
        'UE-BINDING-001',
        'the binding of an application',
        one<ApplicationBinding>(
          view,
          'application_binding',
          (other) => other.applicationId === applicationId,
        ),
        (tx) => tx.applicationBindings.findByApplication(applicationId),
      ),
    ],
    attribute_catalog: (catalog: AttributeCatalog) => [
      ...spelled(catalog.key).flatMap((key) => {
        const query = { scopeId: catalog.scopeId, ownerId: catalog.ownerId, key }
        const versions = catalogsOf(view, query)
        return [
          ask('UE-CATALOG-001', 'the latest version of a catalog', latest(versions), (tx) =>
            tx.attributeCatalogs.findLatest(query),
          ),
          ask(
            'UE-CATALOG-002',
            'the published version of a catalog',
            versions.find(({ state }) => state === 'published') ?? null,
            (tx) => tx.attributeCatalogs.findPublished(query),
          ),
        ]
      }),
      pages<AttributeCatalog>(
        'UE-RECORD-001',
        'records',
        'the catalogs of an owner',
        seen<AttributeCatalog>(view, 'attribute_catalog').filter(
          ({ ownerId }) => ownerId === catalog.ownerId,
        ),
        start,
        (tx, page) => tx.attributeCatalogs.listByOwner(catalog.ownerId, page),
        ({ id }) => id,
      )(WHOLE),
    ],
    profile_value: ({ userId, layer, ownerId, attribute }: ProfileValue) => [
      valuesOf(view, around, userId),
      ownerValuesOf(view, userId, ownerId, [attribute]),
      ownerValuesOf(view, userId, ownerId, attributesOf(view)),
      factsOf(view, around, userId, layer === 'application' ? (ownerId as never) : null, false),
      factsOf(view, around, userId, seen<Application>(view, 'application')[0]?.id ?? null, true),
    ],
  }
}

function ask(
  requirement: ModelRequirement,
  what: string,
  answer: unknown,
  question: Question['ask'],
): Question {
  return { requirement, aspect: 'records', what, ask: question, answer }
}

/** The text, and those that a careless comparison takes for it. */
function spelled(text: string): readonly string[] {
  const prefix = /^r\w{3}:/.exec(text)?.[0] ?? ''
  return [text, ...lookalikesOf(text.slice(prefix.length)).map((other) => prefix + other)]
}

function ofUser(view: View, around: Surroundings, userId: ProfileValue['userId']): readonly Question[] {
  return [
    ask(
      'UE-IDENTITY-005',
      'the account of a user',
      one<Account>(view, 'account', (own) => own.userId === userId),
      (tx) => tx.accounts.findByUser(userId),
    ),
    identitiesOf(view, around, userId),
    valuesOf(view, around, userId),
  ]
}

function identitiesOf(view: View, { start }: Surroundings, userId: ProfileValue['userId']): Question {
  return pages<ExternalIdentity>(
    'UE-IDENTITY-006',
    'records',
    'the identities of a user',
    seen<ExternalIdentity>(view, 'external_identity').filter((identity) => identity.userId === userId),
    start,
    (tx, page) => tx.externalIdentities.listByUser(userId, page),
    ({ id }) => id,
  )(WHOLE)
}

function valuesOf(view: View, { start }: Surroundings, userId: ProfileValue['userId']): Question {
  return pages<ProfileValue>(
    'UE-RECORD-001',
    'records',
    'the profile values of a user',
    seen<ProfileValue>(view, 'profile_value').filter((value) => value.userId === userId),
    start,
    (tx, page) => tx.profileValues.listByUser(userId, page),
    ({ id }) => id,
  )(WHOLE)
}

function ownerValuesOf(
  view: View,
  userId: ProfileValue['userId'],
  ownerId: ProfileValue['ownerId'],
  attributes: readonly string[],
): Question {
  return ask(
    'UE-PROFILE-005',
    'the values of a user and an owner',
    ownerValues(view, userId, ownerId, attributes),
    (tx) => tx.profileValues.findByOwner(userId, ownerId, attributes),
  )
}

/** All but every third one that anybody has: some are not asked for. */
function attributesOf(view: View): readonly string[] {
  const all = new Set(seen<ProfileValue>(view, 'profile_value').map(({ attribute }) => attribute))
  return [...all].filter((_, index) => index % 3 !== 2)
}

function signInOf(view: View, { start }: Surroundings, identity: ExternalIdentity): readonly Question[] {
  const { scopeId, issuer, subject } = identity
  const query = {
    scopeId,
    issuer,
    subject,
    applicationId: seen<Application>(view, 'application')[0]?.id ?? null,
    knownCatalogIds: [],
  }
  return [
    ask('UE-IDENTITY-003', 'the identity that is linked for a subject', findLinked(view, query), (tx) =>
      tx.externalIdentities.findLinked({ scopeId, issuer, subject }),
    ),
    resolved('a sign-in', view, start, { ...query, withProfile: true }),
    resolved('a sign-in without the profile', view, start, { ...query, withProfile: false }),
  ]
}

function resolved(what: string, view: View, start: string, query: SignInQuery): Question {
  const answer = signIn(view, query)
  return {
    ...ask('UE-IDENTITY-005', what, answer, async (tx) => {
      const found = await tx.externalIdentities.resolve(query)
      const catalogs = found.profile.catalogs.filter(({ id }) => id > start)
      return { ...found, profile: { ...found.profile, catalogs } }
    }),
    ...(answer.tenantAccount !== null && {
      also: ['UE-MEMBERSHIP-003'] as const,
      blame: (found: unknown) => {
        const { memberships } = found as typeof answer
        return differences(memberships, answer.memberships).length === 0
          ? 'UE-IDENTITY-005'
          : 'UE-MEMBERSHIP-003'
      },
    }),
  }
}
