import { directoryScope, isStoreError, type StoreTransaction, type User } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newAccount, newAudit, newEvent, newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
const store = openStore(database)
const directory = directoryScope()

const codeOf = (error: unknown) => (isStoreError(error) ? error.code : String(error))
const failure = (work: Promise<unknown>) => work.then(() => 'ok', codeOf)

describe('a flat transaction', () => {
  it('keeps a user, an account, an identity, an audit record and an event as one', async () => {
    const user = newUser()
    const account = newAccount(user.id)
    const identity = newIdentity(user.id)
    await store.transaction(directory, async (tx) => {
      await tx.users.insert(user)
      await tx.accounts.insert(account)
      await tx.externalIdentities.insert(identity)
      await tx.audit.append(newAudit(user))
      await tx.outbox.append(newEvent(user))
    })
    const { issuer, subject, scopeId } = identity
    const signIn = await store.transaction(directory, (tx) =>
      tx.externalIdentities.resolve({
        scopeId,
        issuer,
        subject,
        applicationId: null,
        knownCatalogIds: [],
        withProfile: true,
      }),
    )
    expect(signIn).toEqual({
      identity,
      user,
      account,
      tenant: null,
      tenantAccount: null,
      memberships: [],
      profile: { application: null, binding: null, catalogs: [], values: [] },
    })
    const [timeline, pending] = await store.transaction(directory, (tx) =>
      Promise.all([
        tx.audit.timeline({ scopeId, targetId: user.id, after: null, limit: 10 }),
        tx.outbox.pending({ after: null, limit: 500 }),
      ]),
    )
    expect(timeline.items).toHaveLength(1)
    expect(pending.items.some(({ event }) => event.aggregate.id === user.id)).toBe(true)
  })

  it('refuses a version that has changed, and keeps nothing beside it', async () => {
    const user = newUser()
    const other = newUser()
    await store.transaction(directory, (tx) => tx.users.insert(user))
    const suspend = () =>
      store.transaction(directory, async (tx) => {
        await tx.users.update({ ...user, state: 'suspended', version: 2 })
        await tx.users.insert(other)
      })
    await suspend()
    const again = newUser()
    expect(
      await failure(
        store.transaction(directory, async (tx) => {
          await tx.users.update({ ...user, state: 'suspended', version: 2 })
          await tx.users.insert(again)
        }),
      ),
    ).toBe('VERSION_CONFLICT')
    expect(await store.transaction(directory, (tx) => tx.users.find(again.id))).toBeNull()
  })
})

describe('nesting', () => {
  it.each([1, 2, 3, 4])('undoes exactly the innermost of depth %i', async (depth) => {
    const owner = newUser()
    const taken = newIdentity(owner.id)
    await store.transaction(directory, async (tx) => {
      await tx.users.insert(owner)
      await tx.externalIdentities.insert(taken)
    })
    const kept: User[] = []
    const lost = newUser()
    async function descend(tx: StoreTransaction, left: number): Promise<void> {
      const user = newUser()
      kept.push(user)
      await tx.users.insert(user)
      const seen = await tx.users.list({ after: null, limit: 500 })
      expect(seen.items).toContainEqual(user)
      if (left > 0) return tx.nested((inner) => descend(inner, left - 1))
      const violation = tx.nested(async (inner) => {
        await inner.users.insert(lost)
        await inner.outbox.append(newEvent(lost))
        await inner.externalIdentities.insert({ ...newIdentity(lost.id), subject: taken.subject })
      })
      expect(await failure(violation)).toBe('CONFLICT')
    }
    await store.transaction(directory, (tx) => descend(tx, depth - 1))
    const find = (id: User['id']) => store.transaction(directory, (tx) => tx.users.find(id))
    expect(await Promise.all(kept.map(({ id }) => find(id)))).toEqual(kept)
    expect(await find(lost.id)).toBeNull()
    const pending = await store.transaction(directory, (tx) => tx.outbox.pending({ after: null, limit: 500 }))
    expect(pending.items.filter(({ event }) => event.aggregate.id === lost.id)).toEqual([])
  })

  it('reads what it has not sent yet, by sending it', async () => {
    const user = newUser()
    await store.transaction(directory, async (tx) => {
      await tx.users.insert(user)
      expect((await tx.users.list({ after: null, limit: 500 })).items).toContainEqual(user)
      await tx.users.update({ ...user, version: 2, state: 'suspended' })
      expect((await tx.users.find(user.id))?.state).toBe('suspended')
    })
    expect((await store.transaction(directory, (tx) => tx.users.find(user.id)))?.version).toBe(2)
  })

  it('is lost after a conflict, whatever the work makes of it', async () => {
    const identity = newIdentity(newUser().id)
    await store.transaction(directory, (tx) => tx.externalIdentities.insert(identity))
    const user = newUser()
    const { issuer, subject } = identity
    expect(
      await failure(
        store.transaction(directory, async (tx) => {
          await tx.users.insert(user)
          await tx.externalIdentities.insert({ ...newIdentity(user.id), issuer, subject })
          await failure(tx.users.list({ after: null, limit: 1 }))
        }),
      ),
    ).toBe('CONFLICT')
    expect(await store.transaction(directory, (tx) => tx.users.find(user.id))).toBeNull()
  })
})

describe('races', () => {
  it('gives an identity to one of sixteen', async () => {
    const { issuer, subject } = newIdentity(newUser().id)
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, () => {
        const user = newUser()
        return failure(
          store.transaction(directory, async (tx) => {
            await tx.users.insert(user)
            await tx.externalIdentities.insert({ ...newIdentity(user.id), issuer, subject })
          }),
        )
      }),
    )
    expect(outcomes.filter((each) => each === 'ok')).toHaveLength(1)
    expect(outcomes.filter((each) => each === 'CONFLICT')).toHaveLength(15)
  })

  it('leaves one identity of two that are unlinked crosswise', async () => {
    for (let round = 0; round < 300; round += 1) {
      const user = newUser()
      const identities = [newIdentity(user.id), newIdentity(user.id)] as const
      await store.transaction(directory, async (tx) => {
        for (const identity of identities) await tx.externalIdentities.insert(identity)
      })
      const unlink = (index: 0 | 1) =>
        failure(
          store.transaction(directory, async (tx) => {
            await tx.externalIdentities.guard(identities[index === 0 ? 1 : 0])
            await tx.externalIdentities.update({ ...identities[index], state: 'unlinked', version: 2 })
          }),
        )
      expect((await Promise.all([unlink(0), unlink(1)])).toSorted()).toEqual(['VERSION_CONFLICT', 'ok'])
    }
  })
})
