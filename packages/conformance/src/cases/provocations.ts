import {
  directoryScope,
  tenantScope,
  type Constraint,
  type LeaseToken,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { CaseContext, ExpectedError } from '../case.ts'
import type { Estate } from './estates.ts'

/** A call that must fail, with a text that must not come out in each of its slots. */
export interface Provocation {
  readonly name: string
  readonly expected: ExpectedError
  run(ctx: CaseContext, estate: Estate): Promise<unknown>
}

const inTenant = (
  ctx: CaseContext,
  { tenant }: Estate,
  work: (tx: StoreTransaction) => Promise<unknown>,
): Promise<unknown> => ctx.commit(directoryScope(tenant.id), work)

const taken = (
  constraint: Constraint,
  work: (ctx: CaseContext, tx: StoreTransaction, estate: Estate) => Promise<unknown>,
): Provocation => ({
  name: constraint,
  expected: { code: 'CONFLICT', details: { constraint } },
  run: (ctx, estate) => inTenant(ctx, estate, (tx) => work(ctx, tx, estate)),
})

/** Every failure that a program can provoke on a sound store. */
export const PROVOCATIONS: readonly Provocation[] = [
  taken('tenant_id', (ctx, tx, { tenant }) => tx.tenants.insert(ctx.make.tenant({ id: tenant.id }))),
  taken('tenant_external_ref', (ctx, tx, { tenant }) =>
    tx.tenants.insert(ctx.make.tenant({ externalRef: tenant.externalRef })),
  ),
  taken('user_id', (ctx, tx, { user }) => tx.users.insert(ctx.make.user({ id: user.id }))),
  taken('account_id', async (ctx, tx, { account }) => {
    const user = ctx.make.user()
    await tx.users.insert(user)
    await tx.accounts.insert(ctx.make.account({ id: account.id, userId: user.id }))
  }),
  taken('account_user', (ctx, tx, { user }) => tx.accounts.insert(ctx.make.account({ userId: user.id }))),
  taken('reference', (ctx, tx) => tx.accounts.insert(ctx.make.account({ userId: ctx.make.user().id }))),
  taken('external_identity_id', (ctx, tx, { identity, user }) =>
    tx.externalIdentities.insert(ctx.make.externalIdentity({ id: identity.id, userId: user.id })),
  ),
  taken('external_identity_subject', (ctx, tx, { identity, user }) => {
    const { issuer, subject } = identity
    return tx.externalIdentities.insert(ctx.make.externalIdentity({ userId: user.id, issuer, subject }))
  }),
  taken('tenant_account_id', (ctx, tx, { tenantAccount: { id, scopeId } }) =>
    tx.tenantAccounts.insert(ctx.make.tenantAccount({ id, scopeId, userId: ctx.make.user().id })),
  ),
  taken('tenant_account_user', (ctx, tx, { tenantAccount: { scopeId, userId } }) =>
    tx.tenantAccounts.insert(ctx.make.tenantAccount({ scopeId, userId })),
  ),
  taken('tenant_account_external_id', (ctx, tx, { tenantAccount: { scopeId, externalId } }) =>
    tx.tenantAccounts.insert(ctx.make.tenantAccount({ scopeId, userId: ctx.make.user().id, externalId })),
  ),
  taken('group_id', (ctx, tx, { group: { id, scopeId } }) =>
    tx.groups.insert(ctx.make.group({ id, scopeId })),
  ),
  taken('group_key', (ctx, tx, { group: { key, scopeId } }) =>
    tx.groups.insert(ctx.make.group({ key, scopeId })),
  ),
  taken('membership_id', async (ctx, tx, { membership: { id, scopeId, tenantAccountId } }) => {
    const group = ctx.make.group({ scopeId })
    await tx.groups.insert(group)
    await tx.memberships.insert(ctx.make.membership({ id, scopeId, groupId: group.id, tenantAccountId }))
  }),
  taken('membership_member', (ctx, tx, { membership: { scopeId, groupId, tenantAccountId } }) =>
    tx.memberships.insert(ctx.make.membership({ scopeId, groupId, tenantAccountId })),
  ),
  taken('application_id', (ctx, tx, { ownApplication: { id, scopeId } }) =>
    tx.applications.insert(ctx.make.application({ id, scopeId })),
  ),
  taken('application_client_key', (ctx, tx, { ownApplication: { clientKey, scopeId } }) =>
    tx.applications.insert(ctx.make.application({ clientKey, scopeId })),
  ),
  taken('application_binding_id', (ctx, tx, { binding: { id, scopeId } }) =>
    tx.applicationBindings.insert(
      ctx.make.applicationBinding({ id, scopeId, applicationId: ctx.make.application().id }),
    ),
  ),
  taken('application_binding_application', (ctx, tx, { binding: { scopeId, applicationId } }) =>
    tx.applicationBindings.insert(ctx.make.applicationBinding({ scopeId, applicationId })),
  ),
  taken('attribute_catalog_id', (ctx, tx, { ownCatalog: { id, scopeId, layer, ownerId } }) =>
    tx.attributeCatalogs.insert(ctx.make.attributeCatalog({ id, scopeId, layer, ownerId })),
  ),
  taken('attribute_catalog_version', (ctx, tx, { ownCatalog: { scopeId, layer, ownerId, key } }) =>
    tx.attributeCatalogs.insert(ctx.make.attributeCatalog({ scopeId, layer, ownerId, key, state: 'draft' })),
  ),
  taken('attribute_catalog_published', (ctx, tx, { ownCatalog: { scopeId, layer, ownerId, key } }) =>
    tx.attributeCatalogs.insert(
      ctx.make.attributeCatalog({ scopeId, layer, ownerId, key, catalogVersion: 2 }),
    ),
  ),
  taken('profile_value_id', (ctx, tx, { ownValue: { id, scopeId, layer, ownerId, userId, catalogId } }) =>
    tx.profileValues.insert(ctx.make.profileValue({ id, scopeId, layer, ownerId, userId, catalogId })),
  ),
  taken('profile_value_attribute', (ctx, tx, { ownValue }) => {
    const { scopeId, layer, ownerId, userId, catalogId, attribute } = ownValue
    return tx.profileValues.insert(
      ctx.make.profileValue({ scopeId, layer, ownerId, userId, catalogId, attribute }),
    )
  }),
  taken('profile_value_unique', async (ctx, tx, { ownValue }) => {
    const { scopeId, layer, ownerId, catalogId, attribute } = ownValue
    const uniqueKey = ctx.canary()
    for (const userId of [ctx.make.user().id, ctx.make.user().id]) {
      const value = { scopeId, layer, ownerId, userId, catalogId, attribute, uniqueKey }
      await tx.profileValues.insert(ctx.make.profileValue(value))
    }
  }),
  taken('audit_record_id', (ctx, tx, { audit: { id, scopeId } }) =>
    tx.audit.append(ctx.make.auditRecord({ id, scopeId, action: ctx.canary() })),
  ),
  taken('event_id', (ctx, tx, { event: { id, scopeId } }) => {
    const record = { scopeId, id: ctx.make.uuid(), version: 1 }
    return tx.outbox.append(ctx.make.event('tenant_account', record, { id, data: { text: ctx.canary() } }))
  }),
  taken('event_ordinal', (ctx, tx, { tenantAccount }) =>
    tx.outbox.append(ctx.make.event('tenant_account', tenantAccount, { type: ctx.canary() })),
  ),
  taken('idempotency_key', (ctx, tx, { key: { scopeId, actor, key } }) =>
    tx.idempotency.insert(
      ctx.make.idempotencyRecord({
        scopeId,
        actor,
        key,
        requestHash: ctx.canary(),
        result: { text: ctx.canary() },
      }),
      60_000,
    ),
  ),
  {
    name: 'version of an update',
    expected: { code: 'VERSION_CONFLICT' },
    run: (ctx, estate) =>
      inTenant(ctx, estate, (tx) =>
        tx.externalIdentities.update({ ...estate.identity, version: 7, subject: ctx.canary() }),
      ),
  },
  {
    name: 'version of a guard',
    expected: { code: 'VERSION_CONFLICT' },
    run: (ctx, estate) =>
      inTenant(ctx, estate, (tx) => tx.tenantAccounts.guard({ ...estate.tenantAccount, version: 7 })),
  },
  {
    name: 'guard by states',
    expected: { code: 'VERSION_CONFLICT' },
    run: (ctx, estate) =>
      inTenant(ctx, estate, (tx) => tx.tenantAccounts.guardState({ ...estate.tenantAccount, states: [] })),
  },
  {
    name: 'tenant boundary',
    expected: { code: 'TENANT_BOUNDARY' },
    run: (ctx, { user }) =>
      ctx.commit(tenantScope(ctx.make.tenant().id), (tx) =>
        tx.externalIdentities.insert(ctx.make.externalIdentity({ userId: user.id })),
      ),
  },
  {
    name: 'malformed scope',
    expected: { code: 'SCOPE_MISSING' },
    run: async (ctx) =>
      ctx.commit({ kind: 'tenant', tenantId: ctx.canary() } as unknown as Scope, async () => {}),
  },
  {
    name: 'lost lease',
    expected: { code: 'LEASE_LOST' },
    run: (ctx, { event }) =>
      ctx.store.outbox.ack({ token: ctx.make.uuid() as LeaseToken, eventIds: [event.id] }),
  },
  {
    name: 'page limit',
    expected: 'TypeError',
    run: (ctx, { user, tenant }) =>
      ctx.commit(directoryScope(tenant.id), (tx) =>
        tx.externalIdentities.listByUser(user.id, { after: null, limit: 0 }),
      ),
  },
]

/** Calls that the types forbid. A store may carry some of them out; where it does not, its error is held to the rules. */
export const MISTAKES: Readonly<
  Record<string, (ctx: CaseContext, tx: StoreTransaction, estate: Estate) => Promise<unknown>>
> = {
  'an id that is none': (ctx, tx) => tx.users.find(ctx.canary() as never),
  'a record with an id that is none': (ctx, tx) =>
    tx.users.insert(ctx.make.user({ id: ctx.canary() as never })),
  'a state that is none': (ctx, tx) => tx.users.insert(ctx.make.user({ state: ctx.canary() as never })),
  'a guarded state that is none': (ctx, tx, { user }) =>
    tx.users.guardState({ ...user, states: [ctx.canary() as never] }),
  'a user id that is none': (ctx, tx) => tx.accounts.findByUser(ctx.canary() as never),
  'a version that is no integer': (ctx, tx) => tx.users.insert(ctx.make.user({ version: 1.5 })),
  'a version that is text': (ctx, tx) => tx.users.insert(ctx.make.user({ version: ctx.canary() as never })),
  'a version too large': (ctx, tx, { user }) => tx.users.update({ ...user, version: 2 ** 52 }),
  'a time that is none': (ctx, tx) => tx.users.insert(ctx.make.user({ createdAt: new Date(Number.NaN) })),
  'a time that is text': (ctx, tx) => tx.users.insert(ctx.make.user({ createdAt: ctx.canary() as never })),
  'a NUL character': (ctx, tx) =>
    tx.tenants.insert(ctx.make.tenant({ externalRef: `${ctx.canary()}\u0000` })),
  'half of a surrogate pair': (ctx, tx) =>
    tx.tenants.insert(ctx.make.tenant({ externalRef: `${ctx.canary()}\uD800` })),
  'a text beyond all limits': (ctx, tx, { user }) =>
    tx.externalIdentities.insert(
      ctx.make.externalIdentity({ userId: user.id, subject: ctx.canary().repeat(100_000) }),
    ),
  'an object for a text': (ctx, tx) =>
    tx.tenants.insert(ctx.make.tenant({ externalRef: { text: ctx.canary() } as never })),
  'nothing for a text': (ctx, tx, { user }) =>
    tx.externalIdentities.insert(ctx.make.externalIdentity({ userId: user.id, subject: undefined as never })),
  'a function in JSON': (ctx, tx, { user }) => {
    const text = ctx.canary()
    return tx.outbox.append(ctx.make.event('user', user, { data: { text, call: (() => text) as never } }))
  },
  'a circle in JSON': (ctx, tx, { user }) => {
    const data: Record<string, unknown> = { text: ctx.canary() }
    data['itself'] = data
    return tx.outbox.append(ctx.make.event('user', user, { data: data as never }))
  },
  'a big integer in JSON': (ctx, tx, { user }) =>
    tx.outbox.append(ctx.make.event('user', user, { data: { text: ctx.canary(), big: 1n as never } })),
  'a key that is no page': (ctx, tx) => tx.users.list({ after: ctx.canary() as never, limit: 10 }),
}
