import { directoryScope, type StoreTransaction } from '@user-engine/store'

import type { Case } from '../case.ts'

/** Texts that some stores cut, and others mend. */
const UNKEPT: readonly (readonly [name: string, text: string])[] = [
  ['a NUL', 'a\0b'],
  ['the first half of a surrogate pair', '\uD83E'],
  ['the second half of a surrogate pair', '\uDDD1a'],
]

export const unkeptTexts: readonly Case[] = [
  {
    id: 'UE-RECORD-005/everywhere',
    title: 'A NUL and half of a surrogate pair are refused wherever text can be, and take nothing else along',
    async run(ctx) {
      const { user, tenant } = await ctx.seed()
      const scopeId = tenant.id
      const scope = directoryScope(scopeId)
      const target = { kind: 'user', id: user.id } as const
      const writes: Readonly<Record<string, (tx: StoreTransaction, text: string) => Promise<void>>> = {
        'a group': (tx, key) => tx.groups.insert(ctx.make.group({ scopeId, key })),
        'an identity': (tx, subject) =>
          tx.externalIdentities.insert(ctx.make.externalIdentity({ scopeId, userId: user.id, subject })),
        'an audit record': (tx, correlationId) =>
          tx.audit.append(ctx.make.auditRecord({ scopeId, target, correlationId })),
        'an event': (tx, text) =>
          tx.outbox.append(ctx.make.event('user', ctx.make.user(), { data: { list: [text] } })),
        'an idempotency record': (tx, text) =>
          tx.idempotency.insert(ctx.make.idempotencyRecord({ scopeId, result: { [text]: 1 } }), 60_000),
        'a denial': (_, correlationId) =>
          ctx.store.denials.append(ctx.make.denial({ scopeId, target, correlationId })),
      }
      for (const [what, write] of Object.entries(writes)) {
        // The same without it is kept: it is the text that is refused.
        await ctx.commit(scope, (tx) => write(tx, 'a b'))
        for (const [name, text] of UNKEPT) {
          const before = ctx.make.user()
          await ctx.commit(scope, async (tx) => {
            await tx.users.insert(before)
            const refused = () => tx.nested((inner) => write(inner, text))
            await ctx.rejects('UE-RECORD-005', refused, 'TypeError', `${what} with ${name}`)
          })
          const found = await ctx.commit(directoryScope(), (tx) => tx.users.find(before.id))
          ctx.equal('UE-RECORD-005', found, before, `what was written before ${what} with ${name}`)
        }
      }
    },
  },
]
