import { setImmediate as turn } from 'node:timers/promises'

import {
  DIRECTORY,
  StoreError,
  tenantScope,
  type ExternalIdentity,
  type SignIn,
  type SignInQuery,
  type SubjectQuery,
  type TenantId,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'
import { overlay, overlayTransactions, signInAs } from './overlay.ts'

/** Of sign-ins in one scope at the same moment that are `alike`, one is looked up, and each takes something from its answer. */
function lookedUpOnce(
  alike: (query: SignInQuery) => unknown,
  taking: (first: SignIn, own: SignIn) => SignIn,
): FaultyStore['corrupt'] {
  return () => {
    const asked = new Map<string, Promise<SignIn>>()
    return (good) =>
      overlayTransactions(good, (tx) => ({
        externalIdentities: overlay(tx.externalIdentities, {
          async resolve(query) {
            const key = JSON.stringify([tx.scope, alike(query)])
            const first = asked.get(key) ?? turn().then(() => tx.externalIdentities.resolve(query))
            asked.set(key, first)
            const answer = await first.finally(() => asked.delete(key))
            return taking(answer, await tx.externalIdentities.resolve(query))
          },
        }),
      }))
  }
}

export const faultyIdentities: readonly FaultyStore[] = [
  {
    name: 'joins-issuer-and-subject',
    defect: 'Issuer and subject are kept as one text, with a bar between them.',
    breaks: 'UE-IDENTITY-003',
    expect: 'the identity that is found: ',
    by: 'UE-IDENTITY-003/boundary',
    corrupt: () => {
      const first = new Map<string, SubjectQuery>()
      const joined = ({ issuer, subject }: SubjectQuery) => `${issuer}|${subject}`
      return (good) =>
        overlayTransactions(good, (tx) => ({
          externalIdentities: overlay(tx.externalIdentities, {
            async insert(identity) {
              await tx.externalIdentities.insert(identity)
              if (!first.has(joined(identity))) first.set(joined(identity), identity)
            },
            findLinked(query) {
              const { issuer, subject } = first.get(joined(query)) ?? query
              return tx.externalIdentities.findLinked({ ...query, issuer, subject })
            },
          }),
        }))
    },
  },
  {
    name: 'forgets-what-was-unlinked',
    defect: 'An unlinked identity is gone.',
    breaks: 'UE-IDENTITY-002',
    expect: 'the history of the first user: it has',
    disturbs: ['UE-IDENTITY-006'],
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        externalIdentities: overlay(tx.externalIdentities, {
          async find(id) {
            const found = await tx.externalIdentities.find(id)
            return found?.state === 'unlinked' ? null : found
          },
          async listByUser(userId, page) {
            const { items, next } = await tx.externalIdentities.listByUser(userId, page)
            return { items: items.filter(({ state }) => state === 'linked'), next }
          },
        }),
      })),
  },
  {
    name: 'still-linked',
    defect: 'An unlinked identity is found as the linked one.',
    breaks: 'UE-IDENTITY-002',
    expect: 'what is found as linked: it is',
    corrupt: () => {
      const former = new Map<string, ExternalIdentity>()
      return (good) =>
        overlayTransactions(good, (tx) => ({
          externalIdentities: overlay(tx.externalIdentities, {
            async update(identity) {
              await tx.externalIdentities.update(identity)
              former.set(subjectKey(identity), identity)
            },
            findLinked: async (query) =>
              (await tx.externalIdentities.findLinked(query)) ?? former.get(subjectKey(query)) ?? null,
          }),
        }))
    },
  },
  ...(
    [
      [
        'folds-case',
        'whatever its case',
        'what is found by another text',
        (text: string) => text.toLowerCase(),
      ],
      [
        'folds-normal-forms',
        'whatever its normal form',
        'the store unexpectedly answered StoreError CONFLICT',
        (text: string) => text.normalize('NFKC'),
      ],
      [
        'trims-subjects',
        'whatever white space is around it',
        'what is found by another text',
        (text: string) => text.trim(),
      ],
    ] as const
  ).map(([name, whatever, expect, fold]): FaultyStore => ({
    name,
    defect: `A subject is found ${whatever}.`,
    breaks: 'UE-IDENTITY-003',
    expect,
    corrupt: () => {
      const folded = new Map<string, SubjectQuery>()
      const foldedKey = (query: SubjectQuery) => subjectKey({ ...query, subject: fold(query.subject) })
      return (good) =>
        overlayTransactions(good, (tx) => ({
          externalIdentities: overlay(tx.externalIdentities, {
            async insert(identity) {
              if (folded.has(foldedKey(identity))) {
                throw new StoreError('CONFLICT', { constraint: 'external_identity_subject' })
              }
              await tx.externalIdentities.insert(identity)
              folded.set(foldedKey(identity), identity)
            },
            async findLinked(query) {
              const found = await tx.externalIdentities.findLinked(query)
              const other = folded.get(foldedKey(query))
              return found ?? (other === undefined ? null : tx.externalIdentities.findLinked(other))
            },
          }),
        }))
    },
  })),
  {
    name: 'resolves-without-the-tenant',
    defect: 'A sign-in is resolved without the tenant account.',
    breaks: 'UE-IDENTITY-005',
    expect: 'the directory with the tenant, with the profile: tenantAccount is',
    corrupt: signInAs((answer) => ({ ...answer, tenantAccount: null })),
  },
  {
    name: 'everybody-is-active',
    defect: 'A sign-in is resolved with the states of a cache, in which everybody is active.',
    breaks: 'UE-IDENTITY-005',
    expect: 'user.state is',
    corrupt: signInAs(({ user, account, ...parts }) => ({
      ...parts,
      user: user && { ...user, state: 'active' },
      account: account && { ...account, state: 'active' },
    })),
  },
  {
    name: 'short-sign-in-forgets-the-application',
    defect: 'A sign-in without the profile is resolved without the application and its binding.',
    breaks: 'UE-IDENTITY-005',
    expect: 'with an application: profile.application is',
    corrupt: signInAs((answer, { withProfile }) => {
      const nothing = { application: null, binding: null, catalogs: [], values: [] }
      return withProfile ? answer : { ...answer, profile: nothing }
    }),
  },
  {
    name: 'short-sign-in-joins-the-active-only',
    defect: 'A sign-in without the profile is resolved without a user who is suspended.',
    breaks: 'UE-IDENTITY-005',
    expect: 'a user without account, without the profile: user is null',
    corrupt: signInAs((answer, { withProfile }) =>
      withProfile || answer.user?.state === 'active' ? answer : { ...answer, user: null },
    ),
  },
  {
    name: 'short-sign-in-of-any-tenant',
    defect: 'A sign-in without the profile finds the identity of another tenant.',
    breaks: 'UE-TENANT-001',
    expect: 'own-identities-resolve-without-profile',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        externalIdentities: overlay(tx.externalIdentities, {
          async resolve(query) {
            const answer = await tx.externalIdentities.resolve(query)
            const { scopeId, withProfile } = query
            if (withProfile || answer.identity !== null || scopeId === DIRECTORY) return answer
            const identity = await good.transaction(tenantScope(scopeId as TenantId), (other) =>
              other.externalIdentities.findLinked(query),
            )
            return { ...answer, identity }
          },
        }),
      })),
  },
  {
    name: 'one-sign-in-for-an-issuer',
    defect: 'Sign-ins by one issuer at the same moment are looked up once, and the answer is everybody’s.',
    breaks: 'UE-IDENTITY-007',
    expect: 'who signs in with the profile, asked at once',
    corrupt: lookedUpOnce(
      ({ subject: _, ...query }) => query,
      (first) => first,
    ),
  },
  {
    name: 'one-place-for-a-moment',
    defect: 'Sign-ins of a person at the same moment are looked up once, whatever application they ask for.',
    breaks: 'UE-IDENTITY-007',
    expect: 'in another application, asked at once',
    by: 'UE-IDENTITY-007/own-profiles',
    corrupt: lookedUpOnce(
      ({ issuer, subject, withProfile }) => [issuer, subject, withProfile],
      (first) => first,
    ),
  },
  {
    name: 'memberships-of-one-asker',
    defect: 'Of sign-ins at the same moment the memberships are looked up once, and given to everybody.',
    breaks: 'UE-IDENTITY-007',
    expect: 'memberships',
    by: 'UE-IDENTITY-007/own-profiles',
    corrupt: lookedUpOnce(
      () => null,
      ({ memberships }, own) => ({ ...own, memberships }),
    ),
  },
  {
    name: 'values-of-one-asker',
    defect:
      'Of sign-ins in an application at the same moment the values are looked up once, and given to everybody.',
    breaks: 'UE-IDENTITY-007',
    expect: 'values',
    by: 'UE-IDENTITY-007/own-profiles',
    corrupt: lookedUpOnce(
      ({ applicationId, withProfile }) => [applicationId, withProfile],
      ({ profile: { values } }, own) => ({ ...own, profile: { ...own.profile, values } }),
    ),
  },
  {
    name: 'lists-linked-only',
    defect: 'The identities of a user are listed without those that were unlinked.',
    breaks: 'UE-IDENTITY-006',
    expect: 'in both scopes: it has',
    corrupt: () => (good) =>
      overlayTransactions(good, (tx) => ({
        externalIdentities: overlay(tx.externalIdentities, {
          async listByUser(userId, page) {
            const { items, next } = await tx.externalIdentities.listByUser(userId, page)
            return { items: items.filter(({ state }) => state === 'linked'), next }
          },
        }),
      })),
  },
]

function subjectKey({ scopeId, issuer, subject }: SubjectQuery): string {
  return JSON.stringify([scopeId, issuer, subject])
}
