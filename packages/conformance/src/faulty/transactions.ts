import { setTimeout as wait } from 'node:timers/promises'

import {
  type AttributeCatalog,
  type Group,
  isStoreError,
  type Scope,
  type StoreTransaction,
  type TenantAccount,
  type User,
  type VersionedRecord,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayRepositories, overlayTransactions, repositoryOf } from './overlay.ts'

/** How long a disk takes that is not waited for. */
const WRITE_MS = 250
/** How long an answer takes from a database that is not next door. */
const FAR_MS = 2

export const faultyTransactions: readonly FaultyStore[] = [
  {
    name: 'commits-what-was-rejected',
    defect: 'It commits what was written before the work rejected, and passes the rejection on.',
    breaks: 'UE-TRANSACTION-001',
    expect: 'after the rollback',
    corrupt: () => (good) =>
      overlay(good, {
        async transaction(scope, work) {
          let rejection: { readonly reason: unknown } | null = null
          const result = await good.transaction(scope, async (tx) => {
            try {
              return await work(tx)
            } catch (reason) {
              rejection = { reason }
              return null as Awaited<ReturnType<typeof work>>
            }
          })
          if (rejection !== null) throw (rejection as { readonly reason: unknown }).reason
          return result
        },
      }),
  },
  {
    name: 'reads-beside-the-transaction',
    defect: 'Finds are answered by another connection, which does not see what this transaction wrote.',
    breaks: 'UE-TRANSACTION-004',
    expect: 'the user after the nested failure: version is',
    corrupt: () => (good) =>
      overlayRepositories(good, (_, name, __, { scope }) => ({
        find: (id) => good.transaction(scope, (other) => repositoryOf(other, name).find(id)),
      })),
  },
  {
    name: 'rehearses-the-work',
    defect: 'It runs the work, rolls it back, and runs it again to commit.',
    breaks: 'UE-TRANSACTION-005',
    expect: 'calls of work that resolves: it is',
    corrupt: () => (good) =>
      overlay(good, {
        async transaction(scope, work) {
          const rehearsed = new Error('rehearsed')
          await good
            .transaction(scope, async (tx) => {
              await work(tx)
              throw rehearsed
            })
            .catch((error: unknown) => {
              if (error !== rehearsed) throw error
            })
          return good.transaction(scope, work)
        },
      }),
  },
  {
    name: 'a-savepoint-for-each-write',
    defect: 'A conflict that the work catches is forgotten: the transaction commits the rest.',
    breaks: 'UE-TRANSACTION-007',
    expect: "and not with CONFLICT 'reference'",
    corrupt: () => (good) =>
      overlayRepositories(good, (_, name, __, { raw }) => ({
        insert: (record) => raw.nested((inner) => repositoryOf(inner, name).insert(record)),
        update: (record) => raw.nested((inner) => repositoryOf(inner, name).update(record)),
      })),
  },
  {
    name: 'reads-on-after-a-conflict',
    defect: 'What is read by id in a transaction that has conflicted is answered.',
    breaks: 'UE-TRANSACTION-007',
    expect: 'a later call: null',
    by: 'UE-TRANSACTION-007/unique-swallowed',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository, name, tx) => ({
        find: (id) =>
          repository.find(id).catch((error: unknown) => {
            if (!isStoreError(error, 'CONFLICT')) throw error
            return good.transaction(tx.scope, (other) => repositoryOf(other, name).find(id))
          }),
      })),
  },
  {
    name: 'autocommit-after-the-end',
    defect: 'What is called through an ended transaction is carried out in one of its own.',
    breaks: 'UE-TRANSACTION-008',
    expect: 'a find after the commit',
    corrupt: () => (good) =>
      overlay(good, {
        transaction(scope, work) {
          let ended = false
          const still = overlayRepositories(good, (repository, name) => ({
            find: (id) =>
              ended ? good.transaction(scope, (tx) => repositoryOf(tx, name).find(id)) : repository.find(id),
            insert: (record) =>
              ended
                ? good.transaction(scope, (tx) => repositoryOf(tx, name).insert(record))
                : repository.insert(record),
          }))
          return still.transaction(scope, work).finally(() => {
            ended = true
          })
        },
      }),
  },
  {
    name: 'wraps-the-callers-error',
    defect: "It rejects with an error of its own, the caller's as its cause.",
    breaks: 'UE-TRANSACTION-009',
    expect: 'rejected with Error',
    corrupt: () => (good) =>
      overlay(good, {
        transaction: (scope, work) =>
          good.transaction(scope, work).catch((cause: unknown) => {
            if (isStoreError(cause) || cause instanceof TypeError) throw cause
            throw new Error('The transaction failed.', { cause })
          }),
      }),
  },
  {
    name: 'cache-in-each-handle',
    defect: 'Each handle remembers what it has found, whatever others commit.',
    breaks: 'UE-TRANSACTION-010',
    expect: 'the tenant account in turn',
    corrupt: () => (good) => {
      const cache = new Map<string, VersionedRecord | null>()
      return overlayRepositories(good, (repository) => ({
        async find(id) {
          if (!cache.has(id)) cache.set(id, await repository.find(id))
          return cache.get(id) ?? null
        },
        async update(record) {
          await repository.update(record)
          cache.set(record.id, record)
        },
      }))
    },
  },
  {
    name: 'remembers-what-is-published',
    defect:
      'Each handle remembers the published version of a catalog that it has found, whatever others publish.',
    breaks: 'UE-TRANSACTION-010',
    expect: 'by another handle: own-catalogs-find-published: it is',
    by: 'UE-TRANSACTION-010/every-read',
    corrupt: () => (good) => {
      const remembered = new Map<string, AttributeCatalog>()
      return overlayTransactions(good, ({ attributeCatalogs }) => ({
        attributeCatalogs: overlay(attributeCatalogs, {
          async findPublished(query) {
            const name = [query.scopeId, query.ownerId, query.key].join(' ')
            const found = remembered.get(name) ?? (await attributeCatalogs.findPublished(query))
            if (found !== null) remembered.set(name, found)
            return found
          },
          async update(catalog) {
            remembered.clear()
            await attributeCatalogs.update(catalog)
          },
        }),
      }))
    },
  },
  {
    name: 'joins-a-read-under-way',
    defect:
      'Who asks for an account that another transaction of the scope is just being told of is told the same, from before it asked.',
    breaks: 'UE-TRANSACTION-010',
    expect: 'found by its id: version is',
    by: 'UE-TRANSACTION-010/while-others-read',
    corrupt: () => {
      const underWay = new Map<string, Promise<TenantAccount | null>>()
      return (good) =>
        overlayTransactions(good, (tx, { scope: { kind, tenantId } }) => ({
          tenantAccounts: overlay(tx.tenantAccounts, {
            find(id) {
              const name = [kind, tenantId, id].join(' ')
              const answer =
                underWay.get(name) ??
                tx.tenantAccounts
                  .find(id)
                  .then((found) => wait(FAR_MS, found))
                  .finally(() => underWay.delete(name))
              underWay.set(name, answer)
              return answer
            },
          }),
        }))
    },
  },
  {
    name: 'dirty-reads',
    defect: 'A transaction sees the users that another one has inserted and not committed.',
    breaks: 'UE-TRANSACTION-011',
    expect: 'before the commit a reader found',
    disturbs: ['UE-TRANSACTION-002'],
    corrupt: () => {
      const dirty = new Map<string, User>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          users: overlay(tx.users, {
            find: async (id) => (await tx.users.find(id)) ?? dirty.get(id) ?? null,
            async list(page) {
              const { items, next } = await tx.users.list(page)
              const others = [...dirty.values()].filter(({ id }) => items.every((item) => item.id !== id))
              return { items: [...items, ...others], next }
            },
            async insert(user) {
              dirty.set(user.id, user)
              await tx.users.insert(user)
            },
          }),
        }))
    },
  },
  {
    name: 'caches-before-the-commit',
    defect: 'A cache of groups is written with the update, and not with the commit.',
    breaks: 'UE-TRANSACTION-011',
    expect: 'aborted read: ',
    corrupt: () => {
      const cache = new Map<string, Group>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          groups: overlay(tx.groups, {
            async find(id) {
              const found = await tx.groups.find(id)
              const cached = cache.get(id)
              return found !== null && cached !== undefined && cached.version > found.version ? cached : found
            },
            async update(group) {
              await tx.groups.update(group)
              cache.set(group.id, group)
            },
          }),
        }))
    },
  },
  {
    name: 'answers-before-the-commit',
    defect:
      'Where several transactions are at work it resolves when the work has, and commits a moment later.',
    breaks: 'UE-TRANSACTION-012',
    expect: 'what had resolved is there',
    needs: ['durable', 'faults.crash'],
    corrupt: () => (good) => {
      let atWork = 0
      return overlay(good, {
        transaction<Result>(scope: Scope, work: (tx: StoreTransaction) => Promise<Result>) {
          const { promise, resolve, reject } = Promise.withResolvers<Result>()
          atWork += 1
          good
            .transaction(scope, async (tx) => {
              const result = await work(tx)
              if (atWork > 2) {
                resolve(result)
                await new Promise((written) => setTimeout(written, WRITE_MS))
              }
              return result
            })
            .then(resolve, reject)
            .finally(() => (atWork -= 1))
          return promise
        },
      })
    },
  },
]
