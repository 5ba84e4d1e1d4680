import {
  isStoreError,
  type Repository,
  type Scope,
  type SignIn,
  type SignInQuery,
  type StoreTransaction,
  type UserEngineStore,
  type VersionedRecord,
} from '@user-engine/store'

import type { FaultyStore } from './faulty-store.ts'

/** The members of `base`, except for those given. Works on frozen objects and on instances of classes. */
export function overlay<Base extends object>(base: Base, members: Partial<Base>): Base {
  return new Proxy({} as Base, {
    get(_, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name) as unknown
      const value: unknown = Reflect.get(base, name)
      return typeof value === 'function' ? (value.bind(base) as unknown) : value
    },
    has: (_, name) => Reflect.has(base, name),
    ownKeys: () => Reflect.ownKeys(base),
    getOwnPropertyDescriptor: (_, name) =>
      Reflect.has(base, name)
        ? {
            configurable: true,
            enumerable: true,
            value: Reflect.get(members, name) ?? Reflect.get(base, name),
          }
        : undefined,
  })
}

export interface Place {
  readonly scope: Scope
  /** 0 for the outermost transaction, 1 for one nested in it. */
  readonly depth: number
  /** The transaction as the good store made it: what is done through it is not spoiled again. */
  readonly raw: StoreTransaction
}

/** Replaces members of every transaction, nested ones included. */
export function overlayTransactions(
  store: UserEngineStore,
  replace: (tx: StoreTransaction, place: Place) => Partial<StoreTransaction>,
): UserEngineStore {
  const wrap = (tx: StoreTransaction, place: Place): StoreTransaction => {
    const nesting = overlay(tx, {
      nested: (work) =>
        tx.nested((inner) => work(wrap(inner, { ...place, raw: inner, depth: place.depth + 1 }))),
    })
    return overlay(nesting, replace(nesting, place))
  }
  return overlay(store, {
    transaction: (scope, work, reads) =>
      store.transaction(scope, (tx) => work(wrap(tx, { scope, raw: tx, depth: 0 })), reads),
  })
}

/** Replaces what every sign-in is answered. */
export function signInAs(change: (answer: SignIn, query: SignInQuery) => SignIn): FaultyStore['corrupt'] {
  return () => (good) =>
    overlayTransactions(good, (tx) => ({
      externalIdentities: overlay(tx.externalIdentities, {
        resolve: async (query) => change(await tx.externalIdentities.resolve(query), query),
      }),
    }))
}

export type RepositoryName =
  | 'tenants'
  | 'users'
  | 'accounts'
  | 'externalIdentities'
  | 'tenantAccounts'
  | 'groups'
  | 'memberships'
  | 'applications'
  | 'applicationBindings'
  | 'attributeCatalogs'
  | 'profileValues'
export type AnyRepository = Repository<VersionedRecord>

export const REPOSITORIES: readonly RepositoryName[] = [
  'tenants',
  'users',
  'accounts',
  'externalIdentities',
  'tenantAccounts',
  'groups',
  'memberships',
  'applications',
  'applicationBindings',
  'attributeCatalogs',
  'profileValues',
]

/** A repository by its name, for defects that every noun has alike. */
export function repositoryOf(tx: StoreTransaction, name: RepositoryName): AnyRepository {
  return tx[name]
}

/** Replaces members of every repository. */
export function overlayRepositories(
  store: UserEngineStore,
  replace: (
    repository: AnyRepository,
    name: RepositoryName,
    tx: StoreTransaction,
    place: Place,
  ) => Partial<AnyRepository>,
): UserEngineStore {
  return overlayTransactions(store, (tx, place) =>
    Object.fromEntries(
      REPOSITORIES.map((name) => {
        const repository = repositoryOf(tx, name)
        return [name, overlay(repository, replace(repository, name, tx, place))]
      }),
    ),
  )
}

/** The store, with a step of its own before the commit. */
export function beforeCommit(
  store: UserEngineStore,
  step: (tx: StoreTransaction, scope: Scope) => Promise<void>,
): UserEngineStore {
  return overlay(store, {
    transaction: (scope, work) =>
      store.transaction(scope, async (tx) => {
        const result = await work(tx)
        await step(tx, scope)
        return result
      }),
  })
}

/** Whether the error is a CONFLICT of this rule. */
export function breaksRule(error: unknown, constraint: string): boolean {
  return isStoreError(error, 'CONFLICT') && error.details.constraint === constraint
}
