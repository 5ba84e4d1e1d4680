import { directoryScope } from '@user-engine/store'

import type { Case } from '../case.ts'

const FIRST = { after: null, limit: 100 } as const

/** Texts that a store is tempted to trim, fold, normalise, escape or cut. */
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['the empty text', ''],
  ['a space', ' '],
  ['white space around', ' \u00A0text\u3000 '],
  ['mixed case', 'MiXeD CaSe İıIi'],
  ['a composed letter', '\u00E9'],
  ['a decomposed letter', 'e\u0301'],
  ['zero-width characters', 'a\u200B\u200C\u200D\u2060\uFEFFb'],
  ['right-to-left text', '\u202Eאבג\u202C'],
  ['astral characters', '\u{1F469}\u{200D}\u{1F680}\u{10FFFF}'],
  ['a pattern', '%_\\%\\_*?[a]'],
  ['quotes', `'"\`''""$$ $1 :name {}`],
  ['an escape', '\\n\\u0041\\x41&amp;%41'],
  ['a number', '007'],
  ['the text null', 'null'],
  ['the name of a prototype', '__proto__'],
  ['512 bytes', 'x'.repeat(512)],
  ['512 bytes in four-byte characters', '\u{1F9D1}'.repeat(128)],
]

export const keptTexts: readonly Case[] = [
  {
    id: 'UE-RECORD-001/texts',
    title: 'Every text comes back as it was given, code point for code point',
    async run(ctx) {
      for (const [name, text] of TEXTS) {
        const seed = ctx.make.seed()
        const { user } = seed
        const tenant = { ...seed.tenant, externalRef: text }
        const scopeId = tenant.id
        const identity = ctx.make.externalIdentity({ scopeId, userId: user.id, issuer: text, subject: text })
        const account = { ...seed.tenantAccount, externalId: text }
        const common = {
          scopeId,
          correlationId: text,
          actor: { kind: 'user', id: text.slice(0, 128) },
        } as const
        const group = ctx.make.group({ scopeId, key: text, displayName: text })
        const application = ctx.make.application({ scopeId, clientKey: text })
        const owned = { scopeId, ownerId: tenant.id, layer: 'tenant' } as const
        const catalog = ctx.make.attributeCatalog({ ...owned, key: text })
        const value = ctx.make.profileValue({
          ...owned,
          userId: user.id,
          catalogId: catalog.id,
          attribute: text,
          value: text,
          source: text,
          uniqueKey: text,
        })
        const audit = ctx.make.auditRecord({ ...common, action: text })
        const denial = ctx.make.denial({ ...common, reason: text })
        const event = ctx.make.event('tenant_account', account, {
          type: text,
          correlationId: text,
          data: { text },
        })
        const key = ctx.make.idempotencyRecord({
          scopeId,
          actor: text.slice(0, 128),
          key: text.slice(0, 128),
          requestHash: text,
          result: { text },
        })
        await ctx.store.denials.append(denial)
        const scope = directoryScope(scopeId)
        await ctx.commit(scope, async (tx) => {
          await tx.idempotency.insert(key, 60_000)
          await tx.tenants.insert(tenant)
          await tx.externalIdentities.insert(identity)
          await tx.tenantAccounts.insert(account)
          await tx.groups.insert(group)
          await tx.applications.insert(application)
          await tx.attributeCatalogs.insert(catalog)
          await tx.profileValues.insert(value)
          await tx.audit.append(audit)
          await tx.outbox.append(event)
        })
        const found = await ctx.commit(scope, async (tx) => ({
          tenant: await tx.tenants.find(tenant.id),
          identity: await tx.externalIdentities.findLinked(identity),
          account: await tx.tenantAccounts.find(account.id),
          group: await tx.groups.findByKey(text),
          application: await tx.applications.findByClientKey({ scopeId, clientKey: text }),
          catalog: await tx.attributeCatalogs.find(catalog.id),
          value: await tx.profileValues.find(value.id),
          timeline: (await tx.audit.timeline({ ...FIRST, scopeId, targetId: null })).items,
          event: (await tx.outbox.pending(FIRST)).items.find((one) => one.event.scopeId === scopeId)?.event,
          key: await tx.idempotency.find(key),
        }))
        const timeline = [
          { kind: 'change', record: audit },
          { kind: 'denial', record: denial },
        ]
        const expected = {
          tenant,
          identity,
          account,
          group,
          application,
          catalog,
          value,
          timeline,
          event,
          key,
        }
        ctx.equal('UE-RECORD-001', found, expected, `records with ${name}`)
      }
    },
  },
]
