import type { ReplicaReads, UserEngineStore } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { ADMINISTRATOR, createWorld, ISSUER, refusal } from '../test/world.ts'

/** A world, and what each of its transactions said about replicas. */
async function createWatchedWorld() {
  const said: (ReplicaReads | undefined)[] = []
  const around = (store: UserEngineStore): UserEngineStore => ({
    ...store,
    transaction: (scope, work, reads) => {
      said.push(reads)
      return store.transaction(scope, work, reads)
    },
  })
  const world = await createWorld({ around })
  const session = (readAfter?: string | null) =>
    world.engine.as({ actor: ADMINISTRATOR, tenantId: world.tenantId, readAfter })
  return { world, said, session }
}

describe('readAfter', () => {
  it('goes with every query, and with nothing that decides', async () => {
    const { world, said, session } = await createWatchedWorld()
    const after = await world.engine.position()
    const reader = session(after)
    const identity = { issuer: ISSUER, subject: 'somebody' }
    said.length = 0
    await reader.listGroups()
    await reader.resolveIdentity(identity)
    await reader.queryAudit()
    expect(said).toEqual([{ after }, { after }, { after }])
    said.length = 0
    await reader.createGroup({ key: 'readers', displayName: 'Readers' })
    await reader.resolveOrProvision(identity)
    await reader.transaction((unit) => unit.listGroups())
    expect(said.length).toBeGreaterThanOrEqual(3)
    expect(said.filter((reads) => reads !== undefined)).toEqual([])
  })

  it('may be none, and is nothing where it is not said', async () => {
    const { said, session } = await createWatchedWorld()
    said.length = 0
    await session(null).listGroups()
    await session().listGroups()
    expect(said).toEqual([{ after: null }, undefined])
  })

  it('is a text, and is not repeated by the error where it is not', async () => {
    const { session } = await createWatchedWorld()
    const error = await refusal(Promise.resolve().then(() => session('x'.repeat(201))))
    expect(error).toMatchObject({ code: 'INVALID_INPUT' })
    expect(JSON.stringify(error)).not.toContain('xxx')
  })
})
