import { DIRECTORY, directoryScope, type ProfileValue } from '@user-engine/store'

import { entryOf } from '../records.ts'
import type { FaultyStore } from './faulty-store.ts'
import { breaksRule, overlay, overlayTransactions, repositoryOf, signInAs } from './overlay.ts'

const OFFERS = [
  ['applications', 'UE-APPLICATION-002', 'UE-APPLICATION-003'],
  ['attributeCatalogs', 'UE-CATALOG-003', 'UE-CATALOG-004'],
] as const

export const faultyProfiles: readonly FaultyStore[] = [
  {
    name: 'finds-a-removed-group',
    defect: 'A group is found by its key after it was removed.',
    breaks: 'UE-GROUP-002',
    expect: 'what is found by the key of a removed group',
    corrupt: () => {
      const ids = new Map<string, string>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          groups: overlay(tx.groups, {
            async insert(group) {
              await tx.groups.insert(group)
              ids.set(`${group.scopeId} ${group.key}`, group.id)
            },
            async findByKey(key) {
              const found = await tx.groups.findByKey(key)
              const id = ids.get(`${tx.scope.tenantId} ${key}`)
              return found ?? (id === undefined ? null : await tx.groups.find(id as never))
            },
          }),
        }))
    },
  },
  {
    name: 'ignores-what-a-membership-names',
    defect: 'A membership of a group or an account that does not exist is dropped, and resolves.',
    breaks: 'UE-MEMBERSHIP-002',
    expect: "and not with CONFLICT 'reference'",
    corrupt: () => (good) =>
      overlayTransactions(good, (_, { raw }) => ({
        memberships: overlay(raw.memberships, {
          insert: (membership) =>
            raw
              .nested((inner) => inner.memberships.insert(membership))
              .catch((error: unknown) => {
                if (!breaksRule(error, 'reference')) throw error
              }),
        }),
      })),
  },
  {
    name: 'signs-in-without-a-closed-account',
    defect: 'A sign-in is answered as if there were no account where that is closed.',
    breaks: 'UE-IDENTITY-005',
    expect: 'where the account is closed, with the profile: [2] is null',
    by: 'UE-IDENTITY-005/states',
    corrupt: signInAs((answer) =>
      answer.account?.state === 'closed' ? { ...answer, account: null } : answer,
    ),
  },
  {
    name: 'signs-in-without-the-suspended',
    defect: 'A sign-in is answered without memberships that are suspended.',
    breaks: 'UE-MEMBERSHIP-003',
    expect: 'the memberships of the sign-in',
    corrupt: signInAs((answer) => ({
      ...answer,
      memberships: answer.memberships.filter(({ membership }) => membership.state === 'active'),
    })),
  },
  {
    name: 'signs-in-without-memberships-of-the-suspended',
    defect: 'A sign-in is answered without the memberships of a tenant account that is suspended.',
    breaks: 'UE-MEMBERSHIP-003',
    expect: 'the memberships where the tenant_account is suspended',
    by: 'UE-IDENTITY-005/states',
    corrupt: signInAs((answer) =>
      answer.tenantAccount?.state === 'suspended' ? { ...answer, memberships: [] } : answer,
    ),
  },
  {
    name: 'signs-in-in-order-of-groups',
    defect: 'The memberships of a sign-in are in order of their groups.',
    breaks: 'UE-MEMBERSHIP-003',
    expect: 'the memberships of the sign-in with the profile: [1] is',
    by: 'UE-MEMBERSHIP-003/many',
    corrupt: signInAs((answer) => ({
      ...answer,
      memberships: answer.memberships.toSorted((one, other) => (one.group.id < other.group.id ? -1 : 1)),
    })),
  },
  ...OFFERS.flatMap(([noun, seen, draft]): FaultyStore[] => [
    {
      name: `hides-the-directory-s-${noun === 'applications' ? 'applications' : 'catalogs'}`,
      defect: `A tenant finds none of the directory's ${noun}.`,
      breaks: seen,
      expect: 'what a tenant finds of the directory',
      corrupt: () => (good) =>
        overlayTransactions(good, (tx) => ({
          [noun]: overlay(repositoryOf(tx, noun), {
            async find(id) {
              const found = await repositoryOf(tx, noun).find(id)
              const hidden = tx.scope.kind === 'tenant' && found?.scopeId === DIRECTORY
              return hidden ? null : found
            },
          }),
        })),
    },
    {
      name: `shows-drafts-of-${noun === 'applications' ? 'applications' : 'catalogs'}`,
      defect: `A tenant finds the directory's ${noun} while they are drafts.`,
      breaks: draft,
      expect: 'what a tenant finds of a draft',
      corrupt: () => (good) =>
        overlayTransactions(good, (tx) => ({
          [noun]: overlay(repositoryOf(tx, noun), {
            async find(id) {
              const found = await repositoryOf(tx, noun).find(id)
              if (found !== null || tx.scope.kind !== 'tenant') return found
              return good.transaction(directoryScope(), (other) => repositoryOf(other, noun).find(id))
            },
          }),
        })),
    },
  ]),
  {
    name: 'forgets-the-pinned-catalog',
    defect: 'The facts of a profile have only the newest version of each catalog.',
    breaks: 'UE-PROFILE-003',
    expect: 'the catalogs with one pinned and one known',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async facts(query) {
            const facts = await tx.profileValues.facts(query)
            return { ...facts, catalogs: facts.catalogs.filter(({ id }) => id !== facts.binding?.catalogId) }
          },
        }),
      })),
  },
  {
    name: 'shows-a-write-no-cleared-values',
    defect: 'A write is not shown what was cleared.',
    breaks: 'UE-PROFILE-005',
    expect: 'all that one owner knows',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async findByOwner(userId, ownerId, attributes) {
            const found = await tx.profileValues.findByOwner(userId, ownerId, attributes)
            return found.filter(({ state }) => state === 'set')
          },
        }),
      })),
  },
  {
    name: 'shows-a-write-all-values',
    defect: 'A write is shown what it did not ask for, too.',
    breaks: 'UE-PROFILE-005',
    expect: 'all that one owner knows but for',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async findByOwner(userId, ownerId) {
            const all: ProfileValue[] = []
            let after: ProfileValue['id'] | null = null
            do {
              const page = await tx.profileValues.listByUser(userId, { after, limit: 500 })
              all.push(...page.items.filter((value) => value.ownerId === ownerId))
              after = page.next
            } while (after !== null)
            return all
          },
        }),
      })),
  },
  {
    name: 'has-cleared-values-in-a-profile',
    defect: 'What was cleared is still among the facts of a profile.',
    breaks: 'UE-PROFILE-003',
    expect: 'the facts of the profile',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async facts(query) {
            const facts = await tx.profileValues.facts(query)
            if (query.userId === null) return facts
            const page = { after: null, limit: 500 }
            const { items } = await tx.profileValues.listByUser(query.userId, page)
            return { ...facts, values: items.map(entryOf) }
          },
        }),
      })),
  },
  {
    name: 'keeps-numbers-as-texts',
    defect: 'A number in a value comes back as a text.',
    breaks: 'UE-PROFILE-004',
    expect: 'value 3 of',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        profileValues: overlay(tx.profileValues, {
          async find(id) {
            const found = await tx.profileValues.find(id)
            return typeof found?.value === 'number' ? { ...found, value: String(found.value) } : found
          },
        }),
      })),
  },
]
