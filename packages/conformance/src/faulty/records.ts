import { DIRECTORY, type Group, type Page, type PageRequest, type VersionedRecord } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { breaksRule, overlay, overlayRepositories, overlayTransactions } from './overlay.ts'

/** Changes text that was given, and leaves ids and names alone. */
function changesText(
  name: string,
  defect: string,
  expect: string,
  change: (text: string) => string,
): FaultyStore {
  return {
    name,
    defect,
    breaks: 'UE-RECORD-001',
    expect,
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        tenantAccounts: overlay(tx.tenantAccounts, {
          async find(id) {
            const found = await tx.tenantAccounts.find(id)
            return found === null || found.externalId === null
              ? found
              : { ...found, externalId: change(found.externalId) }
          },
        }),
        externalIdentities: overlay(tx.externalIdentities, {
          async find(id) {
            const found = await tx.externalIdentities.find(id)
            return found === null ? found : { ...found, subject: change(found.subject) }
          },
        }),
      })),
  }
}

export const faultyRecords: readonly FaultyStore[] = [
  changesText(
    'trims',
    'Text is read back without the white space around it.',
    'records with a space',
    (text) => text.trim(),
  ),
  changesText('cuts-off', 'Text is read back up to its 64th character.', 'records with 512 bytes', (text) =>
    text.slice(0, 64),
  ),
  changesText('composes', 'Text is read back in normal form C.', 'records with a decomposed letter', (text) =>
    text.normalize('NFC'),
  ),
  {
    name: 'looks-before-it-inserts',
    defect: 'Whether an id is taken is asked before a user is inserted, and not when that is written.',
    breaks: 'UE-RECORD-002',
    expect: 'winners of 8: it is',
    by: 'UE-RECORD-002/users-raced',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx, { raw }) => ({
        users: overlay(tx.users, {
          async insert(user) {
            if ((await tx.users.find(user.id)) !== null) return tx.users.insert(user)
            return raw
              .nested((inner) => inner.users.insert(user))
              .catch((error: unknown) => {
                if (!breaksRule(error, 'user_id')) throw error
              })
          },
        }),
      })),
  },
  {
    name: 'mends-text',
    defect: 'A NUL is left out of the key of a group, and a half of a surrogate pair replaced.',
    breaks: 'UE-RECORD-005',
    expect: 'a group with a NUL resolved',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => {
        const mended = (group: Group) => ({ ...group, key: group.key.replaceAll('\0', '').toWellFormed() })
        return {
          groups: overlay(tx.groups, {
            insert: (group) => tx.groups.insert(mended(group)),
            update: (group) => tx.groups.update(mended(group)),
          }),
        }
      }),
  },
  {
    name: 'begins-at-any-version',
    defect: 'A record that is inserted has version 1, whatever it says.',
    breaks: 'UE-RECORD-006',
    expect: 'tenants of version 0 resolved',
    by: 'UE-RECORD-006/version',
    corrupt: () => (good) =>
      overlayRepositories(good, (repository) => ({
        insert: (record) => repository.insert({ ...record, version: 1 }),
      })),
  },
  {
    name: 'takes-all-users-home',
    defect: 'A user that is inserted into a tenant is in the directory, and no word is said.',
    breaks: 'UE-RECORD-006',
    expect: 'users in a tenant resolved',
    by: 'UE-RECORD-006/home',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, {
          insert: (user) => tx.users.insert({ ...user, scopeId: DIRECTORY }),
        }),
      })),
  },
  {
    name: 'writes-what-json-writes',
    defect: 'The data of an event goes through JSON, which makes null of a number that is none.',
    breaks: 'UE-RECORD-006',
    expect: 'an event with NaN resolved',
    by: 'UE-RECORD-006/no-data',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        outbox: overlay(tx.outbox, {
          append: (event) =>
            tx.outbox.append({ ...event, data: JSON.parse(JSON.stringify(event.data)) as typeof event.data }),
        }),
      })),
  },
  {
    name: 'writes-what-an-object-has',
    defect: 'Of what an event holds the members are written, of which a map has none.',
    breaks: 'UE-RECORD-006',
    expect: 'an event with a map resolved',
    by: 'UE-RECORD-006/no-data',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        outbox: overlay(tx.outbox, {
          append: (event) => tx.outbox.append({ ...event, data: membersOf(event.data) }),
        }),
      })),
  },
  {
    name: 'counts-seconds',
    defect: 'Times are read back to the second.',
    breaks: 'UE-RECORD-001',
    expect: 'records of all states: accounts[0].createdAt is',
    disturbs: [
      'UE-TRANSACTION-001',
      'UE-VERSION-001',
      'UE-TENANT-006',
      'UE-IDENTITY-001',
      'UE-GROUP-001',
      'UE-BINDING-001',
      'UE-CATALOG-001',
      'UE-APPLICATION-002',
      'UE-RECORD-002',
    ],
    corrupt: () => (good) =>
      overlayRepositories(good, (repository) => ({
        async find(id) {
          const found = await repository.find(id)
          return found === null ? found : { ...found, createdAt: wholeSecond(found.createdAt) }
        },
      })),
  },
  {
    name: 'born-again',
    defect: 'An update moves the time of creation.',
    breaks: 'UE-RECORD-004',
    expect: 'the record afterwards: createdAt is',
    disturbs: ['UE-VERSION-001'],
    corrupt: () => (good) =>
      overlayRepositories(good, (repository) => ({
        async find(id) {
          const found = await repository.find(id)
          return found === null || found.version === 1 ? found : { ...found, createdAt: found.updatedAt }
        },
      })),
  },
  {
    name: 'pages-by-offset',
    defect: 'A page begins after as many users as were read, not after the last of them.',
    breaks: 'UE-PAGING-001',
    expect: 'what was there throughout: it has',
    corrupt: () => {
      const offsets = new Map<string, number>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          users: overlay(tx.users, {
            list: (page) => offsetPage(page, offsets, (all) => tx.users.list(all)),
          }),
          tenantAccounts: overlay(tx.tenantAccounts, {
            list: (page) => offsetPage(page, offsets, (all) => tx.tenantAccounts.list(all)),
          }),
        }))
    },
  },
  {
    name: 'lists-the-oldest-first',
    defect: 'Users are listed in the order in which they were made, not in that of their ids.',
    breaks: 'UE-PAGING-001',
    expect: 'what was there throughout: [1] is',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, {
          async list({ after, limit }) {
            const { items } = await tx.users.list({ after: null, limit: 500 })
            const inOrder = items.toSorted(
              (one, other) => one.createdAt.getTime() - other.createdAt.getTime(),
            )
            const start = inOrder.findIndex(({ id }) => id === after) + 1
            const page = inOrder.slice(start, start + limit)
            return { items: page, next: start + limit < inOrder.length ? (page.at(-1)?.id ?? null) : null }
          },
        }),
      })),
  },
  {
    name: 'loses-the-last-page',
    defect: 'A full page says that the list is at its end.',
    breaks: 'UE-PAGING-002',
    expect: 'pages of 1 of',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, { list: async (page) => ({ ...(await tx.users.list(page)), next: null }) }),
        tenantAccounts: overlay(tx.tenantAccounts, {
          list: async (page) => ({ ...(await tx.tenantAccounts.list(page)), next: null }),
        }),
      })),
  },
  {
    name: 'one-page-too-many',
    defect: 'A full last page names a next one, which is empty.',
    breaks: 'UE-PAGING-002',
    expect: 'pages of 1 of',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, { list: async (page) => neverEnding(page, await tx.users.list(page)) }),
        tenantAccounts: overlay(tx.tenantAccounts, {
          list: async (page) => neverEnding(page, await tx.tenantAccounts.list(page)),
        }),
      })),
  },
  {
    name: 'lowers-the-limit',
    defect: 'A limit above 500 is taken as 500, one below 1 as 1.',
    breaks: 'UE-PAGING-003',
    expect: 'a limit of 0 resolved',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        tenants: overlay(tx.tenants, { list: (page) => tx.tenants.list(clamped(page)) }),
        users: overlay(tx.users, { list: (page) => tx.users.list(clamped(page)) }),
        tenantAccounts: overlay(tx.tenantAccounts, { list: (page) => tx.tenantAccounts.list(clamped(page)) }),
      })),
  },
]

function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1_000) * 1_000)
}

/** Remembers how far a reader was by the key that it was given. */
async function offsetPage<Item extends VersionedRecord, Key extends string>(
  { after, limit }: PageRequest<Key>,
  offsets: Map<string, number>,
  list: (all: PageRequest<Key>) => Promise<Page<Item, Key>>,
): Promise<Page<Item, Key>> {
  const { items } = await list({ after: null, limit: 500 })
  const start = after === null ? 0 : (offsets.get(after) ?? 0)
  const page = items.slice(start, start + limit)
  const last = page.at(-1)?.id as Key | undefined
  if (last !== undefined) offsets.set(last, start + page.length)
  return { items: page, next: start + limit < items.length && last !== undefined ? last : null }
}

function neverEnding<Item extends { readonly id: Key }, Key extends string>(
  { limit }: PageRequest<Key>,
  page: Page<Item, Key>,
): Page<Item, Key> {
  return page.items.length === limit ? { ...page, next: page.items.at(-1)?.id ?? null } : page
}

function clamped<Key extends string>({ after, limit }: PageRequest<Key>): PageRequest<Key> {
  return { after, limit: Math.min(500, Math.max(1, Math.trunc(Number(limit)) || 1)) }
}

function membersOf<Data extends object>(data: Data): Data {
  const members = Object.entries(data).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Map ? {} : value,
  ])
  return Object.fromEntries(members) as Data
}
