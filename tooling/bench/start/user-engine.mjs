import { createUserEngine } from '@user-engine/core'
import { createPostgresStore } from '@user-engine/postgres'

const { handoff, tenantId, issuer, subject } = JSON.parse(process.env.BENCH_START)
const engine = createUserEngine({
  store: createPostgresStore(handoff),
  authorize: () => ({ allow: true }),
  requestHashKeys: ['a secret of thirty-two characters, or more'],
})
const session = engine.as({ actor: { kind: 'service', id: 'bench' }, tenantId })
const { outcome } = await session.resolveIdentity({ issuer, subject })
if (outcome !== 'active') throw new Error('nobody was found')
await engine.close()
