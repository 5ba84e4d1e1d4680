import { directoryScope, tenantScope, type Scope } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { homeScope, imagine, settle, type Estate, type Home } from './estates.ts'
import { NAMED_READS, WHOLE_READS } from './scope-reads.ts'
import { WRITES } from './scope-writes.ts'

/** The scopes from which an estate's part must not be reached, with what each of them is called. */
function foreignScopes(home: Home, other: Estate): readonly (readonly [name: string, scope: Scope])[] {
  const tenant = ['another tenant', tenantScope(other.tenant.id)] as const
  if (home === 'directory') return [tenant]
  return [
    tenant,
    ['the directory alone', directoryScope()],
    ['the directory with another tenant', directoryScope(other.tenant.id)],
  ]
}

const differ = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other)

/** Everything that is stored of an estate, as its owners see it. */
function inventory(ctx: CaseContext, estate: Estate) {
  return ctx.commit(directoryScope(estate.tenant.id), async (tx) => {
    const found = []
    for (const { ask } of [...NAMED_READS, ...WHOLE_READS]) found.push(await ask(tx, estate))
    return found
  })
}

const readCases = NAMED_READS.map(({ name, home, ask }): Case => ({
  id: `UE-TENANT-001/${name}`,
  title: `${name}: what another scope has is answered as if it did not exist`,
  preconditions: ['its owner finds it, and not what is absent'],
  async run(ctx) {
    const [estate, other] = [await settle(ctx), await settle(ctx)]
    const absent = imagine(ctx)
    const asked = (scope: Scope, about: Estate) => ctx.commit(scope, (tx) => ask(tx, about))
    const owned = await asked(homeScope(home, estate), estate)
    const nothing = await asked(homeScope(home, estate), absent)
    ctx.precondition('its owner finds it, and not what is absent', differ(owned, nothing))
    for (const [from, scope] of foreignScopes(name === 'tenants-find' ? 'directory' : home, other)) {
      const foreign = await asked(scope, estate)
      ctx.equal('UE-TENANT-001', foreign, await asked(scope, absent), `${name} from ${from}`)
    }
  },
}))

/** Lists and counts that grow in the directory with every tenant and person. */
const DIRECTORY_LISTS = new Set(['tenants-list', 'users-list', 'record-counts'])

const listCases = WHOLE_READS.map(({ name, home, ask }): Case => ({
  id: `UE-TENANT-001/${name}`,
  title: `${name}: the answer is the same whatever another scope holds`,
  preconditions: ['its owner finds something'],
  async run(ctx) {
    const absent = imagine(ctx)
    const nothing = await ctx.commit(tenantScope(absent.tenant.id), (tx) => ask(tx, absent))
    const other = await settle(ctx)
    const scopes = foreignScopes(DIRECTORY_LISTS.has(name) ? 'directory' : home, other)
    const asked = (scope: Scope) => ctx.commit(scope, (tx) => ask(tx, other))
    const before: unknown[] = []
    for (const [, scope] of scopes) before.push(await asked(scope))
    const estate = await settle(ctx)
    const owned = await asked(homeScope(home, estate))
    ctx.precondition('its owner finds something', differ(owned, nothing))
    for (const [index, [from, scope]] of scopes.entries()) {
      ctx.equal('UE-TENANT-001', await asked(scope), before[index], `${name} from ${from}`)
    }
  },
}))

const writeCases = WRITES.map(({ name, home, perform }): Case => ({
  id: `UE-TENANT-002/${name}`,
  title: `${name}: a write from another scope is refused, whether or not its record exists, and changes nothing`,
  preconditions: ['its owner may write it'],
  async run(ctx) {
    const [estate, other] = [await settle(ctx), await settle(ctx)]
    const absent = imagine(ctx)
    const before = await inventory(ctx, estate)
    for (const [from, scope] of foreignScopes(home, other)) {
      for (const about of [estate, absent]) {
        await ctx.rejects(
          'UE-TENANT-002',
          () =>
            ctx.commit(scope, async (tx) => {
              await tx.audit.append(ctx.make.auditRecord({ scopeId: scope.tenantId ?? estate.user.scopeId }))
              await perform(ctx, tx, about)
            }),
          { code: 'TENANT_BOUNDARY' },
          `${name} from ${from}, of ${about === absent ? 'an absent' : 'a stored'} record`,
        )
      }
    }
    ctx.equal('UE-TENANT-002', await inventory(ctx, estate), before, 'all that is stored of the estate')
    const { auditRecords } = await ctx.commit(tenantScope(other.tenant.id), (tx) => tx.recordCounts())
    ctx.equal('UE-TENANT-002', auditRecords, 1, 'audit records of the scope that tried')
    const unused = name === 'accounts-insert' ? { ...estate, user: ctx.make.user() } : estate
    await ctx.commit(homeScope(home, estate), async (tx) => {
      if (unused !== estate) await tx.users.insert(unused.user)
      await perform(ctx, tx, unused)
    })
    ctx.precondition('its owner may write it', differ(await inventory(ctx, estate), before))
  },
}))

const KINDS = {
  tenantAccounts: 'tenant_account',
  externalIdentities: 'external_identity',
  tenants: 'tenant',
  users: 'user',
  accounts: 'account',
  groups: 'group',
  memberships: 'membership',
  applications: 'application',
  applicationBindings: 'application_binding',
  attributeCatalogs: 'attribute_catalog',
  profileValues: 'profile_value',
} as const

const GUARDS = [
  { call: 'guard', prefix: 'guard', by: 'a guard' },
  { call: 'guardState', prefix: 'guard-state', by: 'a guard by states' },
] as const

const guardCases = GUARDS.flatMap(({ call, prefix, by }) =>
  (Object.keys(KINDS) as (keyof typeof KINDS)[]).map((noun): Case => ({
    id: `UE-TENANT-001/${prefix}-${noun.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    title: `${noun}: ${by} on what another scope has fails as on what does not exist`,
    preconditions: ['its owner may guard it'],
    async run(ctx) {
      const [estate, other] = [await settle(ctx), await settle(ctx)]
      const absent = imagine(ctx)
      const recordOf = (one: Estate) =>
        ({
          tenantAccounts: one.tenantAccount,
          externalIdentities: one.ownIdentity,
          tenants: one.tenant,
          users: one.user,
          accounts: one.account,
          groups: one.group,
          memberships: one.membership,
          applications: one.ownApplication,
          applicationBindings: one.binding,
          attributeCatalogs: one.ownCatalog,
          profileValues: one.ownValue,
        })[noun]
      const guard = (scope: Scope, record: ReturnType<typeof recordOf>) =>
        ctx.commit(scope, (tx) => tx[noun][call]({ ...record, states: [record.state] } as never))
      const home = noun === 'users' || noun === 'accounts' ? 'directory' : 'tenant'
      await guard(homeScope(home, estate), recordOf(estate))
      ctx.precondition('its owner may guard it', true)
      for (const [from, scope] of foreignScopes(noun === 'tenants' ? 'directory' : home, other)) {
        for (const record of [recordOf(estate), recordOf(absent)]) {
          await ctx.rejects(
            'UE-TENANT-001',
            () => guard(scope, record),
            { code: 'VERSION_CONFLICT', details: { kind: KINDS[noun], id: record.id } },
            `${by} from ${from}, on ${record === recordOf(absent) ? 'an absent' : 'a stored'} record`,
          )
        }
      }
    },
  })),
)

export const isolation: readonly Case[] = [...readCases, ...listCases, ...writeCases, ...guardCases]
