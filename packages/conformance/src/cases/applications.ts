import type { Application } from '@user-engine/store'

import type { Case } from '../case.ts'
import { published } from './published.ts'

export const applications: readonly Case[] = published({
  seen: 'UE-APPLICATION-002',
  draft: 'UE-APPLICATION-003',
  kind: 'application',
  noun: 'applications',
  later: ['disabled', 'retired'],
  make: (ctx, state) => ctx.make.application({ state: state === 'draft' ? 'draft' : 'active' }),
  repository: (tx) => tx.applications,
  list: async (tx) => (await tx.applications.list({ after: null, limit: 100 })).items,
  findNamed: (tx, record) => tx.applications.findByClientKey(record as Application),
})
