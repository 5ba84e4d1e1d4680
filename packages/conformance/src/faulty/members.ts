import { StoreError, type JsonValue } from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions } from './overlay.ts'

/** Records that are kept, but for what seldom changes, is seldom long, or only looks like something else. */
export const faultyMembers: readonly FaultyStore[] = [
  {
    name: 'born-again-at-once',
    defect: 'An update of what its own transaction has inserted moves the time of creation.',
    breaks: 'UE-RECORD-004',
    expect: 'the record that was inserted and updated: createdAt is',
    corrupt: () => {
      const moved = new Map<string, Date>()
      return (good) =>
        overlayTransactions(good, (tx) => {
          const inserted = new Set<string>()
          return {
            users: overlay(tx.users, {
              async insert(user) {
                await tx.users.insert(user)
                inserted.add(user.id)
              },
              async update(user) {
                await tx.users.update(user)
                if (inserted.has(user.id)) moved.set(user.id, user.createdAt)
              },
              async find(id) {
                const found = await tx.users.find(id)
                return found === null ? found : { ...found, createdAt: moved.get(id) ?? found.createdAt }
              },
            }),
          }
        })
    },
  },
  {
    name: 'keeps-what-a-record-is-of',
    defect: 'An update of a membership leaves its group as it was inserted.',
    breaks: 'UE-RECORD-001',
    expect: 'what the update gave: groupId is',
    by: 'UE-RECORD-004/memberships-all-else',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        memberships: overlay(tx.memberships, {
          async update(membership) {
            const stored = await tx.memberships.find(membership.id)
            await tx.memberships.update({ ...membership, groupId: stored?.groupId ?? membership.groupId })
          },
        }),
      })),
  },
  {
    name: 'roles-are-a-set',
    defect: 'A role that is given twice is kept once.',
    breaks: 'UE-RECORD-001',
    expect: 'the membership of 100 roles',
    by: 'UE-RECORD-001/long-page',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        memberships: overlay(tx.memberships, {
          update: (membership) =>
            tx.memberships.update({ ...membership, roles: [...new Set(membership.roles)] }),
        }),
      })),
  },
  {
    name: 'takes-texts-for-times',
    defect: 'A text that reads like a time comes back as that time is written.',
    breaks: 'UE-PROFILE-004',
    expect: 'value 11 of',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async find(id) {
            const found = await tx.profileValues.find(id)
            return found === null ? found : { ...found, value: asTime(found.value) }
          },
        }),
      })),
  },
  {
    name: 'pages-of-100',
    defect: 'A page of users has at most 100, however many are asked for.',
    breaks: 'UE-PAGING-002',
    expect: 'pages of 500 of 501 items',
    by: 'UE-PAGING-002/users-most',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        users: overlay(tx.users, {
          list: ({ after, limit }) =>
            tx.users.list({ after, limit: limit <= 500 ? Math.min(limit, 100) : limit }),
        }),
      })),
  },
  {
    name: 'attributes-in-lower-case',
    defect: 'Names of attributes are taken for the same where they differ in case.',
    breaks: 'UE-PROFILE-001',
    expect: `the store unexpectedly answered StoreError CONFLICT {"constraint":"profile_value_attribute"}`,
    by: 'UE-PROFILE-001/beside-each-other',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async insert(value) {
            const { items } = await tx.profileValues.listByUser(value.userId, { after: null, limit: 500 })
            const taken = items.some(
              ({ ownerId, attribute }) =>
                ownerId === value.ownerId &&
                attribute !== value.attribute &&
                attribute.toLowerCase() === value.attribute.toLowerCase(),
            )
            if (taken) throw new StoreError('CONFLICT', { constraint: 'profile_value_attribute' })
            await tx.profileValues.insert(value)
          },
        }),
      })),
  },
]

function asTime(value: JsonValue): JsonValue {
  const looksLikeOne = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(value)
  return looksLikeOne ? new Date(value).toISOString() : value
}
