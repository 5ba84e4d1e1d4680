import type { Case } from '../case.ts'
import { counts, createWorld, growth, refuses } from './world.ts'

export const nesting: readonly Case[] = [
  {
    id: 'UE-ENGINE-008/true-conflicts',
    title:
      'At each of four depths a true conflict undoes its own part, and the composition goes on and commits',
    async run(ctx) {
      const world = await createWorld(ctx)
      const taken = (await world.provision()).identity
      const before = await counts(ctx, world)
      const depths = 4
      const userId = await world.tenant.transaction(async (unit) => {
        const { user } = await unit.provisionUser({ identity: world.identity() })
        const descend = async (inner: typeof unit, depth: number): Promise<void> => {
          await inner.linkIdentity({ userId: user.id, ...world.identity() })
          await refuses(
            ctx,
            'UE-ENGINE-008',
            inner.nested(async (doomed) => {
              await doomed.provisionUser({ identity: world.identity() })
              await doomed.linkIdentity({ userId: user.id, ...taken })
            }),
            'IDENTITY_TAKEN',
            `a nested part at depth ${depth}`,
          )
          const seen = await inner.listIdentities({ userId: user.id })
          ctx.equal('UE-ENGINE-008', seen.items.length, depth + 1, `identities at depth ${depth}, read back`)
          if (depth < depths) await inner.nested((deeper) => descend(deeper, depth + 1))
        }
        await descend(unit, 1)
        await unit.suspendUser({ userId: user.id })
        return user.id
      })
      ctx.equal(
        'UE-ENGINE-008',
        growth(await counts(ctx, world), before),
        {
          users: 1,
          accounts: 1,
          externalIdentities: 1 + depths,
          tenantAccounts: 1,
          auditRecords: 1 + depths + 1,
          pendingEvents: 4 + depths + 1,
          idempotencyRecords: 1 + depths + 1,
        },
        'rows that were added',
      )
      const { state } = await world.directory.getUser({ userId })
      ctx.equal('UE-ENGINE-008', state, 'suspended', 'the user afterwards')
    },
  },
  {
    id: 'UE-ENGINE-008/rolled-back',
    title: 'A composition that fails leaves nothing, whatever its nested parts have settled',
    async run(ctx) {
      const world = await createWorld(ctx)
      const before = await counts(ctx, world)
      const own = new Error('the composition changes its mind')
      const failed = await world.tenant
        .transaction(async (unit) => {
          await unit.provisionUser({ identity: world.identity() })
          await unit.nested((inner) => inner.nested((deep) => deep.registerTenant({})))
          throw own
        })
        .catch((error: unknown) => error)
      ctx.must('UE-ENGINE-008', failed === own, 'it fails with its own error')
      ctx.equal('UE-ENGINE-008', await counts(ctx, world), before, 'rows afterwards')
    },
  },
]
