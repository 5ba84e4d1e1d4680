import {
  directoryScope,
  isStoreError,
  parseApplicationId,
  tenantScope,
  type Constraint,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { Case, CaseContext, Seed } from '../case.ts'
import type { RequirementId } from '../catalogue/index.ts'

const RUNNERS = 16

/** A value of which there may be one, and who wants it. */
interface Contest {
  readonly id: RequirementId
  readonly rule: Constraint
  readonly title: string
  /** As in a case. */
  readonly incidents?: readonly string[]
  scope(seed: Seed): Scope
  /** Writes one record that has the value, with all else its own. */
  claim(ctx: CaseContext, tx: StoreTransaction, seed: Seed, value: Value): Promise<void>
  /** How many records there are, besides what the seed has. */
  count(ctx: CaseContext, seed: Seed): Promise<number>
}

interface Value {
  readonly text: string
  readonly user: Seed['user']
}

const CONTESTS: readonly Contest[] = [
  {
    id: 'UE-IDENTITY-001',
    rule: 'external_identity_subject',
    title: 'links of one subject',
    incidents: [
      'Keycloak #29317',
      'Better Auth #10214',
      'Auth.js: its pg schema',
      'Logto: identities in jsonb',
    ],
    scope: () => directoryScope(),
    async claim(ctx, tx, _seed, { text }) {
      const user = ctx.make.user()
      await tx.users.insert(user)
      await tx.externalIdentities.insert(
        ctx.make.externalIdentity({ userId: user.id, issuer: 'https://issuer.example', subject: text }),
      )
    },
    async count(ctx) {
      const { users, externalIdentities } = await ctx.commit(directoryScope(), (tx) => tx.recordCounts())
      ctx.equal('UE-IDENTITY-001', users, externalIdentities, 'users, as many as identities')
      return externalIdentities - 2
    },
  },
  {
    id: 'UE-IDENTITY-004',
    rule: 'account_user',
    title: 'accounts of one user',
    scope: () => directoryScope(),
    claim: (ctx, tx, _seed, { user }) => tx.accounts.insert(ctx.make.account({ userId: user.id })),
    count: async (ctx) => (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).accounts - 1,
  },
  {
    id: 'UE-TENANT-006',
    rule: 'tenant_external_ref',
    title: 'tenants of one external reference',
    scope: () => directoryScope(),
    claim: (ctx, tx, _seed, { text }) => tx.tenants.insert(ctx.make.tenant({ externalRef: text })),
    count: async (ctx) => (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).tenants - 1,
  },
  {
    id: 'UE-TENANT-007',
    rule: 'tenant_account_user',
    title: 'joins of one user',
    scope: ({ tenant }) => tenantScope(tenant.id),
    claim: (ctx, tx, { tenant }, { user }) =>
      tx.tenantAccounts.insert(ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id })),
    count: async (ctx, { tenant }) =>
      (await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())).tenantAccounts - 1,
  },
  {
    id: 'UE-TENANT-008',
    rule: 'tenant_account_external_id',
    title: 'accounts of one external id',
    scope: ({ tenant }) => tenantScope(tenant.id),
    claim: (ctx, tx, { tenant }, { text }) =>
      tx.tenantAccounts.insert(
        ctx.make.tenantAccount({ scopeId: tenant.id, userId: ctx.make.user().id, externalId: text }),
      ),
    count: async (ctx, { tenant }) =>
      (await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())).tenantAccounts - 1,
  },
  {
    id: 'UE-GROUP-001',
    rule: 'group_key',
    title: 'groups of one key',
    scope: ({ tenant }) => tenantScope(tenant.id),
    claim: (ctx, tx, { tenant }, { text }) =>
      tx.groups.insert(ctx.make.group({ scopeId: tenant.id, key: text })),
    count: async (ctx, { tenant }) =>
      (await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())).groups - 1,
  },
  {
    id: 'UE-APPLICATION-001',
    rule: 'application_client_key',
    title: 'applications of one client key',
    scope: () => directoryScope(),
    claim: (ctx, tx, _seed, { text }) => tx.applications.insert(ctx.make.application({ clientKey: text })),
    count: async (ctx) => (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).applications - 1,
  },
  {
    id: 'UE-BINDING-001',
    rule: 'application_binding_application',
    title: 'bindings to one application',
    scope: ({ tenant }) => tenantScope(tenant.id),
    claim: (ctx, tx, { tenant }, { user }) =>
      tx.applicationBindings.insert(
        ctx.make.applicationBinding({ scopeId: tenant.id, applicationId: parseApplicationId(user.id) }),
      ),
    count: async (ctx, { tenant }) =>
      (await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())).applicationBindings - 1,
  },
  {
    id: 'UE-CATALOG-001',
    rule: 'attribute_catalog_version',
    title: 'catalogs of one version',
    scope: () => directoryScope(),
    claim: (ctx, tx, _seed, { text }) =>
      tx.attributeCatalogs.insert(ctx.make.attributeCatalog({ key: text, state: 'draft' })),
    count: async (ctx) =>
      (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).attributeCatalogs - 1,
  },
  {
    id: 'UE-CATALOG-002',
    rule: 'attribute_catalog_published',
    title: 'published versions of one catalog',
    scope: () => directoryScope(),
    claim: (ctx, tx, _seed, { text }) =>
      tx.attributeCatalogs.insert(
        ctx.make.attributeCatalog({ key: text, catalogVersion: ctx.make.now().getTime() % 1_000_000 }),
      ),
    count: async (ctx) =>
      (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).attributeCatalogs - 1,
  },
  {
    id: 'UE-PROFILE-001',
    rule: 'profile_value_attribute',
    title: 'values of one attribute',
    incidents: ['Keycloak #15788', 'Keycloak #10463', 'Keycloak #40929'],
    scope: () => directoryScope(),
    claim: (ctx, tx, { catalog }, { text, user }) =>
      tx.profileValues.insert(
        ctx.make.profileValue({ userId: user.id, catalogId: catalog.id, attribute: text }),
      ),
    count: async (ctx) => (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).profileValues - 1,
  },
  {
    id: 'UE-PROFILE-002',
    rule: 'profile_value_unique',
    title: 'values of one unique key',
    scope: () => directoryScope(),
    claim: (ctx, tx, { catalog }, { text }) =>
      tx.profileValues.insert(
        ctx.make.profileValue({
          userId: ctx.make.user().id,
          catalogId: catalog.id,
          attribute: 'number',
          uniqueKey: text,
        }),
      ),
    count: async (ctx) => (await ctx.commit(directoryScope(), (tx) => tx.recordCounts())).profileValues - 1,
  },
  {
    id: 'UE-MEMBERSHIP-001',
    rule: 'membership_member',
    title: 'memberships of one account in a group',
    scope: ({ tenant }) => tenantScope(tenant.id),
    claim: async (ctx, tx, { tenant, group }, { user }) => {
      const account = await tx.tenantAccounts.findByUser(user.id)
      if (account === null) throw new Error('the user has no account in the tenant')
      await tx.memberships.insert(
        ctx.make.membership({ scopeId: tenant.id, groupId: group.id, tenantAccountId: account.id }),
      )
    },
    count: async (ctx, { tenant }) =>
      (await ctx.commit(tenantScope(tenant.id), (tx) => tx.recordCounts())).memberships - 1,
  },
]

export const uniqueness: readonly Case[] = CONTESTS.flatMap((contest): Case[] => [
  {
    id: `${contest.id}/second`,
    title: `Of two ${contest.title} the second fails, and the first stays`,
    preconditions: ['the first is there'],
    async run(ctx) {
      const seed = await ctx.seed()
      const value = await newValue(ctx, seed, contest)
      const scope = contest.scope(seed)
      await ctx.commit(scope, (tx) => contest.claim(ctx, tx, seed, value))
      ctx.precondition('the first is there', (await contest.count(ctx, seed)) === 1)
      await ctx.rejects(
        contest.id,
        () => ctx.commit(scope, (tx) => contest.claim(ctx, tx, seed, value)),
        { code: 'CONFLICT', details: { constraint: contest.rule } },
        `the second of two ${contest.title}`,
      )
      ctx.equal(contest.id, await contest.count(ctx, seed), 1, 'records with the value')
    },
  },
  {
    id: `${contest.id}/twice-in-one-transaction`,
    title: `Two ${contest.title} in one transaction conflict too`,
    async run(ctx) {
      const seed = await ctx.seed()
      const value = await newValue(ctx, seed, contest)
      await ctx.rejects(
        contest.id,
        () =>
          ctx.commit(contest.scope(seed), async (tx) => {
            await contest.claim(ctx, tx, seed, value)
            await contest.claim(ctx, tx, seed, value)
          }),
        { code: 'CONFLICT', details: { constraint: contest.rule } },
        `two ${contest.title} in one transaction`,
      )
      ctx.equal(contest.id, await contest.count(ctx, seed), 0, 'records with the value')
    },
  },
  {
    id: `${contest.id}/race`,
    ...(contest.incidents === undefined ? {} : { incidents: contest.incidents }),
    title: `Of ${RUNNERS} parallel ${contest.title} exactly one wins, and nothing is left of the others`,
    profile: 'store-concurrent',
    async run(ctx) {
      const seed = await ctx.seed()
      const value = await newValue(ctx, seed, contest)
      const handles = [ctx.store, await ctx.second()] as const
      const results = await ctx.race(RUNNERS, async (index, meet) => {
        await meet('start')
        const store = handles[index % 2 === 0 ? 0 : 1]
        await ctx.commit(contest.scope(seed), (tx) => contest.claim(ctx, tx, seed, value), store)
      })
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        const error: unknown = result.reason
        const told =
          isStoreError(error, 'CONFLICT') &&
          'constraint' in error.details &&
          error.details.constraint === contest.rule
        ctx.must(contest.id, told, `a loser was answered ${ctx.show(error)}`)
      }
      const won = results.filter(({ status }) => status === 'fulfilled').length
      ctx.equal(contest.id, won, 1, `winners of ${RUNNERS}`)
      ctx.equal(contest.id, await contest.count(ctx, seed), 1, 'records with the value')
    },
  },
  {
    id: `${contest.id}/held`,
    title: `Of two ${contest.title}, the second begun while the first is not committed, one wins at most`,
    profile: 'store-concurrent',
    run: (ctx) => contend(ctx, contest),
  },
])

/** One claim is made and not committed when another one comes: whoever looks first and writes afterwards sees none. */
async function contend(ctx: CaseContext, contest: Contest): Promise<void> {
  const second = await ctx.second()
  for (let round = 0; round < 5; round += 1) {
    const seed = await ctx.seed()
    const scope = contest.scope(seed)
    // Its connection is there: the other one comes in time.
    await ctx.commit(scope, (tx) => tx.recordCounts(), second)
    const value = await newValue(ctx, seed, contest)
    const before = await contest.count(ctx, seed)
    const results = await ctx.race(2, async (index, meet) => {
      if (index === 0) {
        await ctx.store.transaction(scope, async (tx) => {
          await contest.claim(ctx, tx, seed, value)
          // A read after the write: a store that buffers writes must send it now.
          await tx.recordCounts()
          await meet(`claimed ${round}`)
          await meet(`tried ${round}`)
        })
        return
      }
      await meet(`claimed ${round}`)
      try {
        await second.transaction(scope, (tx) => contest.claim(ctx, tx, seed, value))
      } finally {
        await meet(`tried ${round}`)
      }
    })
    const won = results.filter(({ status }) => status === 'fulfilled').length
    ctx.must(contest.id, won < 2, `${won} of two at once committed`)
    ctx.equal(contest.id, (await contest.count(ctx, seed)) - before, won, 'records with the value')
    if (won === 1) return
  }
  ctx.note('the store told both to run again each time')
}

/** A user without account (but, for a membership, in the tenant), and a text that nobody has. */
async function newValue(ctx: CaseContext, { tenant }: Seed, { rule }: Contest): Promise<Value> {
  const user = ctx.make.user()
  // Each user has an identity, so that one without would show.
  const identity = ctx.make.externalIdentity({ userId: user.id, state: 'unlinked' })
  await ctx.commit(directoryScope(), async (tx) => {
    await tx.users.insert(user)
    await tx.externalIdentities.insert(identity)
  })
  if (rule === 'membership_member') {
    const account = ctx.make.tenantAccount({ scopeId: tenant.id, userId: user.id })
    await ctx.commit(tenantScope(tenant.id), (tx) => tx.tenantAccounts.insert(account))
  }
  return { text: ctx.canary(), user }
}
