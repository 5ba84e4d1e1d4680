import {
  createUserEngine,
  fromScimSchema,
  fromScimUser,
  toScimSchema,
  toScimUser,
  type UserEngineService,
} from '@user-engine/core'
import type { UserEngineStore } from '@user-engine/store'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, describe, expect, it } from 'vitest'

import { ENTERPRISE, SCHEMAS, USERS } from '../../core/test/rfc7643.ts'
import type { Instance, Target } from '../src/target.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { createStoreTarget } from './postgres-target.ts'

const postgres = await createStoreTarget(testPostgres())
afterAll(() => postgres.dispose())

const requestHashKeys = ['a key of the test that is long enough'] as const
const engineOn = (store: UserEngineStore) =>
  createUserEngine({ store, requestHashKeys, authorize: () => ({ allow: true }) })
const platform = (engine: UserEngineService) =>
  engine.as({ actor: { kind: 'service', id: 'scim' }, tenantId: null, audience: 'platform' })

/** Two engines, each on a handle of its own: what one has written the other reads from the data alone. */
async function on<Subject extends Instance>(
  target: Target<Subject>,
  work: (writer: UserEngineService, reader: UserEngineService) => Promise<void>,
): Promise<void> {
  const id = `scim_${crypto.randomUUID().replaceAll('-', '')}`
  const instance = await target.open({ id, signal: new AbortController().signal })
  const second = await target.second(instance)
  try {
    await work(engineOn(instance.store), engineOn(second))
  } finally {
    await second.close()
    await target.destroy(instance)
  }
}

describe.each([
  ['memory, eager', createMemoryTarget({ writes: 'eager' })],
  ['memory, deferred', createMemoryTarget({ writes: 'deferred' })],
  ['postgres', postgres],
] as readonly (readonly [string, Target])[])('on %s', (_, target) => {
  it.each(Object.entries(USERS))(
    'the %s user of RFC 7643 is stored under the imported schemas, resolved and given back equal',
    async (_name, given) => {
      await on(target, async (writer, reader) => {
        const [desk, other] = [platform(writer), platform(reader)]
        for (const document of Object.values(SCHEMAS)) {
          const { catalog } = await desk.draftCatalog(fromScimSchema(document))
          await desk.publishCatalog({ catalogId: catalog.id })
          const stored = toScimSchema(await other.getCatalog({ catalogId: catalog.id }))
          expect(stored).toEqual({
            schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
            ...document,
          })
        }
        const identity = { issuer: 'https://login.example.com', subject: 'the subject of the person' }
        const { user } = await desk.provisionUser({ identity })
        // A password is no profile: it stays where people sign in.
        const { password, ...values } = fromScimUser(given)
        expect(password).toBe('t1meMa$heen')
        await desk.setProfileValues({ userId: user.id, values, source: 'scim' })

        const { id, externalId, meta, password: never, ...expected } = given
        expect([id, externalId, meta, never]).not.toContain(undefined)
        const profile = await other.getProfile({ userId: user.id })
        expect(toScimUser(profile, [ENTERPRISE])).toEqual(expected)
        const signIn = await other.resolveIdentity(identity)
        const resolved = signIn.outcome === 'active' ? signIn.profile : null
        expect(toScimUser(resolved ?? {}, [ENTERPRISE])).toEqual(expected)
      })
    },
  )
})
