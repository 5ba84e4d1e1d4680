import { DIRECTORY, directoryScope, isStoreError, tenantScope, type Scope } from '@user-engine/store'

import type { Case } from '../case.ts'
import { imagine, settle, type Estate } from './estates.ts'

const FIRST = { after: null, limit: 100 } as const

export const separateTenants: readonly Case[] = [
  {
    id: 'UE-TENANT-003/no-work',
    title: 'Without a usable scope no work is called',
    preconditions: ['a usable scope calls it'],
    async run(ctx) {
      const { tenant } = await ctx.seed()
      const { id } = tenant
      const unusable: readonly (readonly [name: string, scope: unknown])[] = [
        ['undefined', undefined],
        ['null', null],
        ['a text', id],
        ['an empty object', {}],
        ['a tenant without id', { kind: 'tenant' }],
        ['a tenant null', { kind: 'tenant', tenantId: null }],
        ['a tenant undefined', { kind: 'tenant', tenantId: undefined }],
        ['an empty tenant id', { kind: 'tenant', tenantId: '' }],
        ['white space', { kind: 'tenant', tenantId: ' ' }],
        ['the id with white space', { kind: 'tenant', tenantId: `${id} ` }],
        ['the id in upper case', { kind: 'tenant', tenantId: id.toUpperCase() }],
        ['a prefix of the id', { kind: 'tenant', tenantId: id.slice(0, -1) }],
        ['a pattern', { kind: 'tenant', tenantId: '%' }],
        ['the nil id', { kind: 'tenant', tenantId: '00000000-0000-0000-0000-000000000000' }],
        ['a list of ids', { kind: 'tenant', tenantId: [id] }],
        ['an object', { kind: 'tenant', tenantId: { toString: () => id } }],
        ['the reserved id as a tenant', { kind: 'tenant', tenantId: DIRECTORY }],
        ['the reserved id beside the directory', { kind: 'directory', tenantId: DIRECTORY }],
        ['a directory without tenant id', { kind: 'directory' }],
        ['an empty tenant id beside the directory', { kind: 'directory', tenantId: '' }],
        ['an unknown kind', { kind: 'all', tenantId: null }],
        ['no kind', { tenantId: id }],
      ]
      let calls = 0
      const work = async () => {
        calls += 1
      }
      await ctx.commit(tenantScope(id), work)
      ctx.precondition('a usable scope calls it', calls > 0)
      calls = 0
      for (const [name, scope] of unusable) {
        await ctx.rejects(
          'UE-TENANT-003',
          async () => ctx.commit(scope as Scope, work),
          { code: 'SCOPE_MISSING' },
          `a transaction with ${name}`,
        )
        ctx.equal('UE-TENANT-003', calls, 0, `calls of its work with ${name}`)
      }
    },
  },
  {
    id: 'UE-TENANT-009/taken-elsewhere',
    title: 'What one tenant has taken is free in another: ids, unique values and keys alike',
    preconditions: ['the values are taken in their own tenant'],
    async run(ctx) {
      const estate = await settle(ctx)
      const other = ctx.make.tenant()
      const scopeId = other.id
      const copies = {
        ownIdentity: { ...estate.ownIdentity, scopeId },
        tenantAccount: { ...estate.tenantAccount, scopeId },
        group: { ...estate.group, scopeId },
        membership: { ...estate.membership, scopeId },
        application: { ...estate.ownApplication, scopeId },
        binding: { ...estate.binding, scopeId },
        catalog: { ...estate.ownCatalog, scopeId, ownerId: scopeId },
        value: { ...estate.ownValue, scopeId, ownerId: scopeId, uniqueKey: ctx.canary() },
        audit: { ...estate.audit, scopeId },
        event: { ...estate.event, scopeId },
        key: { ...estate.key, scopeId },
      }
      const { constraint } = (await ctx
        .commit(tenantScope(estate.tenant.id), (tx) => tx.tenantAccounts.insert(estate.tenantAccount))
        .catch((error: unknown) => (isStoreError(error, 'CONFLICT') ? error.details : {}))) as {
        constraint?: string
      }
      ctx.precondition(
        'the values are taken in their own tenant',
        constraint?.startsWith('tenant_account') === true,
      )
      await ctx.commit(directoryScope(), (tx) => tx.tenants.insert(other))
      const found = await ctx.commit(tenantScope(other.id), async (tx) => {
        await tx.idempotency.insert(copies.key, 60_000)
        await tx.externalIdentities.insert(copies.ownIdentity)
        await tx.tenantAccounts.insert(copies.tenantAccount)
        await tx.groups.insert(copies.group)
        await tx.memberships.insert(copies.membership)
        await tx.applications.insert(copies.application)
        await tx.applicationBindings.insert(copies.binding)
        await tx.attributeCatalogs.insert(copies.catalog)
        await tx.profileValues.insert(copies.value)
        await tx.audit.append(copies.audit)
        await tx.outbox.append(copies.event)
        return {
          ownIdentity: await tx.externalIdentities.findLinked(copies.ownIdentity),
          tenantAccount: await tx.tenantAccounts.findByUser(copies.tenantAccount.userId),
          group: await tx.groups.findByKey(copies.group.key),
          membership: await tx.memberships.findByMember(copies.group.id, copies.tenantAccount.id),
          application: await tx.applications.findByClientKey(copies.application),
          binding: await tx.applicationBindings.findByApplication(copies.binding.applicationId),
          catalog: await tx.attributeCatalogs.findPublished(copies.catalog),
          value: await tx.profileValues.find(copies.value.id),
          key: await tx.idempotency.find(copies.key),
        }
      })
      const { audit: _, event: __, ...expected } = copies
      ctx.equal('UE-TENANT-009', found, expected, 'what the other tenant has')
      const first = await ctx.commit(tenantScope(estate.tenant.id), (tx) => tx.tenantAccounts.list(FIRST))
      ctx.equal('UE-TENANT-009', first.items, [estate.tenantAccount], 'what the first tenant has')
      const { events } = await ctx.store.outbox.claim({ limit: 100, leaseMs: 60_000, ack: null })
      const delivered = events.map(({ event }) => event.scopeId).toSorted()
      ctx.equal(
        'UE-TENANT-009',
        delivered,
        [estate.tenant.id, other.id].toSorted(),
        'scopes of delivered events',
      )
    },
  },
  {
    id: 'UE-TENANT-009/directory-subject',
    title: 'A subject that is linked in a tenant is free in the directory, and the other way round',
    async run(ctx) {
      const { identity, tenant, user } = await ctx.seed()
      const { issuer, subject } = identity
      const inTenant = ctx.make.externalIdentity({ scopeId: tenant.id, userId: user.id, issuer, subject })
      await ctx.commit(tenantScope(tenant.id), (tx) => tx.externalIdentities.insert(inTenant))
      const scope = directoryScope(tenant.id)
      const found = await ctx.commit(scope, async (tx) => [
        await tx.externalIdentities.findLinked(inTenant),
        await tx.externalIdentities.findLinked(identity),
      ])
      ctx.equal('UE-TENANT-009', found, [inTenant, identity], 'the linked identities of the two scopes')
    },
  },
  {
    id: 'UE-TENANT-010/after-each-end',
    title:
      'After a commit, a rollback and a failure in one tenant, the next transaction sees its own tenant alone',
    async run(ctx) {
      const [one, other] = [await settle(ctx), await settle(ctx)]
      const absent = imagine(ctx)
      const refusal = new Error('the work changes its mind')
      const ends: readonly (readonly [name: string, end: () => Promise<unknown>])[] = [
        ['a commit', () => ctx.commit(tenantScope(one.tenant.id), (tx) => tx.recordCounts())],
        ['a rollback', () => ctx.commit(tenantScope(one.tenant.id), () => Promise.reject(refusal))],
        [
          'a conflict',
          () => ctx.commit(tenantScope(one.tenant.id), (tx) => tx.tenantAccounts.insert(one.tenantAccount)),
        ],
        [
          'a write out of its scope',
          () =>
            ctx.commit(tenantScope(one.tenant.id), (tx) => tx.tenantAccounts.insert(absent.tenantAccount)),
        ],
      ]
      for (const [name, end] of ends) {
        // More often than a pool has connections, so that each of them is used again.
        for (let again = 0; again < 12; again += 1) {
          await end().catch((error: unknown) => {
            if (error !== refusal && !isStoreError(error)) throw error
          })
          const page = await ctx.commit(tenantScope(other.tenant.id), (tx) => tx.tenantAccounts.list(FIRST))
          ctx.equal('UE-TENANT-010', page.items, [other.tenantAccount], `tenant accounts after ${name}`)
          const nothing = await ctx.commit(tenantScope(absent.tenant.id), (tx) => tx.recordCounts())
          const seen = Object.values<number>({ ...nothing }).reduce((sum, count) => sum + count, 0)
          ctx.equal('UE-TENANT-010', seen, 0, `records of an empty tenant after ${name}`)
        }
      }
    },
  },
  {
    id: 'UE-TENANT-010/side-by-side',
    title: 'Sixteen transactions of eight tenants at once each see their own tenant, from beginning to end',
    budget: 'smoke',
    async run(ctx) {
      const estates: Estate[] = []
      for (let index = 0; index < 8; index += 1) estates.push(await settle(ctx))
      const handles = [ctx.store, await ctx.second()] as const
      const results = await ctx.race(16, async (index, meet) => {
        const { tenant, tenantAccount } = estates[index % 8] ?? imagine(ctx)
        const store = handles[index < 8 ? 0 : 1]
        for (let round = 0; round < 10; round += 1) {
          await ctx.commit(
            tenantScope(tenant.id),
            async (tx) => {
              const first = await tx.tenantAccounts.list(FIRST)
              if (round === 0) await meet()
              const counts = await tx.recordCounts()
              const [again, own] = await Promise.all([tx.tenantAccounts.list(FIRST), tx.tenants.list(FIRST)])
              for (const page of [first, again]) {
                ctx.equal('UE-TENANT-010', page.items, [tenantAccount], `tenant accounts of worker ${index}`)
              }
              ctx.equal('UE-TENANT-010', own.items, [tenant], `tenants of worker ${index}`)
              ctx.equal('UE-TENANT-010', counts.tenantAccounts, 1, `count of worker ${index}`)
            },
            store,
          )
        }
      })
      const failed = results.filter(({ status }) => status === 'rejected')
      ctx.equal('UE-TENANT-010', failed.length, 0, 'workers that failed')
    },
  },
]
