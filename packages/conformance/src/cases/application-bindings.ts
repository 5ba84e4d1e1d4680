import { directoryScope, tenantScope } from '@user-engine/store'

import type { Case } from '../case.ts'

export const applicationBindings: readonly Case[] = [
  {
    id: 'UE-BINDING-001/revoked',
    title: 'A binding that was revoked keeps its place, and takes none from another tenant',
    async run(ctx) {
      const { tenant, application, binding } = await ctx.seed()
      const scope = tenantScope(tenant.id)
      const revoked = ctx.make.next(binding, { state: 'revoked' })
      await ctx.commit(scope, (tx) => tx.applicationBindings.update(revoked))
      const again = ctx.make.applicationBinding({ scopeId: tenant.id, applicationId: application.id })
      await ctx.rejects(
        'UE-BINDING-001',
        () => ctx.commit(scope, (tx) => tx.applicationBindings.insert(again)),
        { code: 'CONFLICT', details: { constraint: 'application_binding_application' } },
        'a second binding beside a revoked one',
      )
      const elsewhere = ctx.make.tenant()
      const same = ctx.make.applicationBinding({ scopeId: elsewhere.id, applicationId: application.id })
      await ctx.commit(directoryScope(elsewhere.id), async (tx) => {
        await tx.tenants.insert(elsewhere)
        await tx.applicationBindings.insert(same)
      })
      for (const expected of [revoked, same]) {
        const found = await ctx.commit(tenantScope(expected.scopeId), (tx) =>
          tx.applicationBindings.findByApplication(application.id),
        )
        ctx.equal('UE-BINDING-001', found, expected, 'the binding of the application in one of two tenants')
      }
    },
  },
]
