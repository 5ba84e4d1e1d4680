import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  type CommandId,
  type IdempotencyRecord,
  type StoreTransaction,
  type Tenant,
  type TenantId,
} from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
// Two stores share nothing but the database, as two processes do.
const stores = [openStore(database), openStore(database)] as const
const directory = directoryScope()
const at = new Date('2026-01-02T03:04:05.678Z')

type Work = (tx: StoreTransaction, index: number) => Promise<unknown>

/** Runs the work in as many transactions at once, in turn on either store, and counts how they ended. */
async function race(count: number, work: Work): Promise<Readonly<Record<string, number>>> {
  const outcomes = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      stores[index % 2 === 0 ? 0 : 1]
        .transaction(directory, (tx) => work(tx, index))
        .then(
          () => 'ok',
          (error: unknown) => (isStoreError(error) ? error.code : 'another error'),
        ),
    ),
  )
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

const newTenant = (): Tenant => ({
  scopeId: DIRECTORY,
  id: crypto.randomUUID() as string as TenantId,
  externalRef: null,
  state: 'active',
  version: 1,
  createdAt: at,
  updatedAt: at,
})

/** Resolves for all when as many have come. */
function createMeeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let come = 0
  return () => {
    come += 1
    if (come === count) resolve()
    return promise
  }
}

describe.each([
  ['flat', false],
  ['explicit', true],
])('%s transactions of two stores', (_, explicit) => {
  /** Makes a transaction explicit before its writes. */
  async function enter(tx: StoreTransaction): Promise<void> {
    if (!explicit) return
    await tx.users.insert(newUser())
    await tx.users.list({ after: null, limit: 1 })
  }

  it('give an identity to one of sixteen, and nothing of the others is kept', async () => {
    const subject = crypto.randomUUID()
    const users = Array.from({ length: 16 }, newUser)
    const outcomes = await race(16, async (tx, index) => {
      const user = users[index] ?? newUser()
      await enter(tx)
      await tx.users.insert(user)
      await tx.externalIdentities.insert(newIdentity(user.id, subject))
    })
    expect(outcomes).toEqual({ ok: 1, CONFLICT: 15 })
    const found = await stores[0].transaction(directory, (tx) =>
      Promise.all(users.map(({ id }) => tx.users.find(id))),
    )
    expect(found.filter((user) => user !== null)).toHaveLength(1)
  })

  it('keep one answer for a key of sixteen, and tell of it before any version', async () => {
    const record: IdempotencyRecord = {
      scopeId: DIRECTORY,
      actor: 'service:test',
      key: crypto.randomUUID(),
      commandId: crypto.randomUUID() as string as CommandId,
      requestHash: 'hash',
      result: {},
      createdAt: at,
    }
    const user = newUser()
    await stores[0].transaction(directory, (tx) => tx.users.insert(user))
    const outcomes = await race(16, async (tx) => {
      await enter(tx)
      await tx.users.update({ ...user, version: 2 })
      await tx.idempotency.insert(record, 60_000)
    })
    expect(outcomes).toEqual({ ok: 1, CONFLICT: 15 })
  })

  it('let in nobody on a tenant that is suspended after it was looked at', async () => {
    const tenant = newTenant()
    const user = newUser()
    await stores[0].transaction(directory, (tx) => tx.tenants.insert(tenant))
    const entering = stores[0].transaction(directory, async (tx) => {
      await enter(tx)
      await tx.tenants.guard((await tx.tenants.find(tenant.id)) ?? newTenant())
      await stores[1].transaction(directory, (other) =>
        other.tenants.update({ ...tenant, state: 'suspended', version: 2 }),
      )
      await tx.users.insert(user)
    })
    await expect(entering).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      details: { kind: 'tenant', id: tenant.id },
    })
    expect(await stores[0].transaction(directory, (tx) => tx.users.find(user.id))).toBeNull()
  })

  it('change one of two records of which each guards the other, in a hundred rounds', async () => {
    for (let round = 0; round < 100; round += 1) {
      const pair = [newTenant(), newUser()] as const
      await stores[0].transaction(directory, async (tx) => {
        await tx.tenants.insert(pair[0])
        await tx.users.insert(pair[1])
      })
      const meet = createMeeting(2)
      const outcomes = await race(2, async (tx, index) => {
        await enter(tx)
        await meet()
        if (index === 0) {
          await tx.users.guard(pair[1])
          await tx.tenants.update({ ...pair[0], state: 'suspended', version: 2 })
        } else {
          await tx.users.update({ ...pair[1], state: 'suspended', version: 2 })
          await tx.tenants.guard(pair[0])
        }
      })
      expect(outcomes).toEqual({ ok: 1, VERSION_CONFLICT: 1 })
    }
  })
})

it('ends transactions that wait for each other: one commits, the other may be run again', async () => {
  const [first, second] = [newUser(), newUser()]
  await stores[0].transaction(directory, async (tx) => {
    await tx.users.insert(first)
    await tx.users.insert(second)
  })
  const meet = createMeeting(2)
  const outcomes = await race(2, async (tx, index) => {
    const [mine, other] = index === 0 ? [first, second] : [second, first]
    await tx.nested((part) => part.users.update({ ...mine, version: 2, state: 'suspended' }))
    await meet()
    await tx.users.update({ ...other, version: 2, state: 'suspended' })
  })
  expect(outcomes).toEqual({ ok: 1, SERIALIZATION: 1 })
})
