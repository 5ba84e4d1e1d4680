import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  type CommandId,
  type IdempotencyRecord,
  type StoreTransaction,
  type TenantId,
} from '@user-engine/store'
import { expect, it } from 'vitest'

import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newAccount, newAudit, newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
const store = openStore(database)
const unprepared = openStore(database, { pooler: { mode: 'transaction', preparedStatements: false } })
const admin = await database.connect(null)
const directory = directoryScope()

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: unknown) => (isStoreError(error) ? error.code : (error as Error).name),
  )
const run = (work: (tx: StoreTransaction) => Promise<unknown>) =>
  outcomeOf(store.transaction(directory, work))
const found = (user: { readonly id: ReturnType<typeof newUser>['id'] }) =>
  store.transaction(directory, (tx) => tx.users.find(user.id))

const newAnswer = (): IdempotencyRecord => ({
  scopeId: DIRECTORY,
  actor: 'service:test',
  key: crypto.randomUUID(),
  commandId: crypto.randomUUID() as string as CommandId,
  requestHash: 'hash',
  result: {},
  createdAt: new Date(),
})

it('commits a new record in its last state, with the time of creation it was given first', async () => {
  const user = newUser()
  const later = new Date('2027-01-01T00:00:00.000Z')
  const last = { ...user, state: 'suspended', version: 3, updatedAt: later } as const
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(user)
    await tx.users.update({ ...user, version: 2, createdAt: later })
    await tx.users.update(last)
    expect(await tx.users.find(user.id)).toEqual(last)
  })
  expect(await found(user)).toEqual(last)
})

it('gives copies of what it keeps', async () => {
  const user = newUser()
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(user)
    const own = await tx.users.find(user.id)
    own?.createdAt.setTime(0)
  })
  expect(await found(user)).toEqual(user)
})

it('guards what it has written by the version that it wrote', async () => {
  const user = newUser()
  await store.transaction(directory, (tx) => tx.users.insert(user))
  const second = { ...user, version: 2 }
  expect(
    await run(async (tx) => {
      await tx.users.guard(user)
      await tx.users.update(second)
      await tx.users.guard(second)
    }),
  ).toBe('ok')
  expect(
    await run(async (tx) => {
      await tx.users.update({ ...user, version: 3 })
      await tx.users.guard(second)
    }),
  ).toBe('VERSION_CONFLICT')
})

it('keeps records of one id in two scopes apart', async () => {
  const tenantId = crypto.randomUUID() as string as TenantId
  const shared = newIdentity(newUser().id)
  const own = { ...shared, scopeId: tenantId }
  const scope = directoryScope(tenantId)
  await store.transaction(scope, async (tx) => {
    await tx.externalIdentities.insert(shared)
    await tx.externalIdentities.insert(own)
    await tx.externalIdentities.update({ ...own, version: 2, state: 'unlinked' })
  })
  const { issuer, subject } = shared
  const linked = (scopeId: typeof DIRECTORY | TenantId) =>
    store.transaction(scope, (tx) => tx.externalIdentities.findLinked({ scopeId, issuer, subject }))
  expect(await linked(DIRECTORY)).toEqual(shared)
  expect(await linked(tenantId)).toBeNull()
})

it.each([
  [
    'a new record twice',
    async (tx: StoreTransaction) => {
      const user = newUser()
      await tx.users.insert(user)
      await tx.users.insert(user).catch(() => {})
    },
    'CONFLICT',
  ],
  [
    'a version that it knows to be another',
    async (tx: StoreTransaction) => {
      const user = newUser()
      await tx.users.insert(user)
      await tx.users.update({ ...user, version: 4 }).catch(() => {})
    },
    'VERSION_CONFLICT',
  ],
  [
    'a key twice',
    async (tx: StoreTransaction) => {
      const answer = newAnswer()
      await tx.idempotency.insert(answer, 1000)
      await tx.idempotency.insert(answer, 1000).catch(() => {})
    },
    'CONFLICT',
  ],
  [
    'a record of another scope',
    async (tx: StoreTransaction) => {
      const scopeId = crypto.randomUUID() as string as TenantId
      await tx.externalIdentities.insert({ ...newIdentity(newUser().id), scopeId }).catch(() => {})
    },
    'TENANT_BOUNDARY',
  ],
  [
    'a call that nobody awaits',
    async (tx: StoreTransaction) => {
      void tx.users.update({ ...newUser(), scopeId: crypto.randomUUID() as never })
    },
    'TENANT_BOUNDARY',
  ],
  [
    'a text that can not be kept',
    async (tx: StoreTransaction) => {
      await tx.externalIdentities.insert(newIdentity(newUser().id, 'half a pair: \ud800'))
    },
    'TypeError',
  ],
  [
    'a state that no user has',
    async (tx: StoreTransaction) => {
      await tx.users.insert({ ...newUser(), state: 'unheard of' as 'active' })
    },
    'TypeError',
  ],
])('is lost by %s, however it is caught', async (_, work, expected) => {
  const user = newUser()
  expect(
    await run(async (tx) => {
      await tx.users.insert(user)
      await work(tx)
    }),
  ).toBe(expected)
  expect(await found(user)).toBeNull()
})

it('sends what is referred to first, however many refer to it', async () => {
  const users = Array.from({ length: 5 }, newUser)
  const known = Array.from({ length: 300 }, newUser)
  await store.transaction(directory, async (tx) => {
    for (const user of known) await tx.users.insert(user)
  })
  const accounts = [...users, ...known].map(({ id }) => newAccount(id))
  await store.transaction(directory, async (tx) => {
    for (const account of accounts) await tx.accounts.insert(account)
    for (const user of users) await tx.users.insert(user)
    for (const user of users) await tx.audit.append(newAudit(user))
  })
  const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from user_engine.accounts')
  expect(rows[0]?.n).toBe(305)
})

it('answers what was read around a nested transaction before that begins', async () => {
  const outer = newUser()
  const inner = newUser()
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(outer)
    const before = tx.users.list({ after: null, limit: 500 })
    const nested = tx.nested(async (part) => {
      await part.users.insert(inner)
      return part.users.list({ after: null, limit: 500 })
    })
    expect((await before).items).not.toContainEqual(inner)
    expect((await nested).items).toContainEqual(inner)
  })
})

it('does the same without prepared statements', async () => {
  const user = newUser()
  await unprepared.transaction(directory, async (tx) => {
    await tx.users.insert(user)
    await tx.nested((part) => part.accounts.insert(newAccount(user.id)))
    expect((await tx.accounts.findByUser(user.id))?.userId).toBe(user.id)
  })
  expect(await found(user)).toEqual(user)
})

it('finds nothing under an id that is none', async () => {
  const malformed = 'none' as never
  const page = { after: null, limit: 1 }
  const none = await store.transaction(directory, (tx) =>
    Promise.all([
      tx.users.find(malformed),
      tx.accounts.findByUser(malformed),
      tx.tenantAccounts.findByUser(malformed),
      tx.idempotency.find({ ...newAnswer(), scopeId: malformed }),
      tx.externalIdentities.findLinked({ scopeId: malformed, issuer: 'i', subject: 's' }),
      tx.externalIdentities.listByUser(malformed, page),
      tx.audit.timeline({ ...page, scopeId: malformed, targetId: null }),
    ]),
  )
  const empty = { items: [], next: null }
  expect(none).toEqual([null, null, null, null, null, empty, empty])
})

it('refuses text that it could not keep in the call itself, so that a caught refusal takes nothing along', async () => {
  const [one, other] = [newUser(), newUser()]
  await store.transaction(directory, async (tx) => {
    await tx.users.insert(one)
    const unkept = { ...newIdentity(one.id), subject: 'nul \0' }
    const refused = tx.nested((inner) => inner.externalIdentities.insert(unkept))
    await expect(refused).rejects.toThrow(TypeError)
    await tx.users.insert(other)
  })
  expect([await found(one), await found(other)]).toEqual([one, other])
})

it('finds the account of a user by its last state, whether that was sent or not', async () => {
  const [one, other, last] = [newUser(), newUser(), newUser()]
  const account = newAccount(one.id)
  await store.transaction(directory, async (tx) => {
    for (const user of [one, other, last]) await tx.users.insert(user)
    await tx.accounts.insert(account)
  })
  await store.transaction(directory, async (tx) => {
    const moved = { ...account, version: 2, userId: other.id }
    await tx.accounts.update(moved)
    expect(await tx.accounts.findByUser(one.id)).toBeNull()
    await tx.nested(async (inner) => {
      const again = { ...account, version: 3, userId: last.id }
      await inner.accounts.update(again)
      expect(await inner.accounts.findByUser(last.id)).toEqual(again)
      expect(await inner.accounts.findByUser(other.id)).toBeNull()
    })
  })
})
