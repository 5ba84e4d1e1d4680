import type { StoreTransaction, UserEngineStore } from '@user-engine/store'

import type { Case } from '../case.ts'
import { createWorld, outcomeOf } from './world.ts'

const REPOSITORY = ['find', 'insert', 'update', 'guard', 'guardState']

/** The members of the port, by the place at which an engine finds them. */
const PORT: Readonly<Record<string, readonly string[]>> = {
  store: [
    'capabilities',
    'denials',
    'outbox',
    'transaction',
    'position',
    'readiness',
    'schemaVersion',
    'diagnostics',
    'close',
  ],
  'store.denials': ['append'],
  'store.outbox': ['claim', 'extend', 'ack', 'nack', 'redrive', 'startEpoch', 'state'],
  tx: [
    'scope',
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
    'audit',
    'outbox',
    'idempotency',
    'recordCounts',
    'nested',
  ],
  'tx.tenants': [...REPOSITORY, 'list'],
  'tx.users': [...REPOSITORY, 'list'],
  'tx.accounts': [...REPOSITORY, 'findByUser'],
  'tx.externalIdentities': [...REPOSITORY, 'findLinked', 'resolve', 'listByUser'],
  'tx.tenantAccounts': [...REPOSITORY, 'findByUser', 'list'],
  'tx.groups': [...REPOSITORY, 'findByKey', 'list'],
  'tx.memberships': [...REPOSITORY, 'findByMember', 'listByGroup', 'listByTenantAccount'],
  'tx.applications': [...REPOSITORY, 'findByClientKey', 'list'],
  'tx.applicationBindings': [...REPOSITORY, 'findByApplication', 'list'],
  'tx.attributeCatalogs': [...REPOSITORY, 'findLatest', 'findPublished', 'listByOwner'],
  'tx.profileValues': [...REPOSITORY, 'facts', 'findByOwner', 'listByUser'],
  'tx.audit': ['append', 'timeline'],
  'tx.outbox': ['append', 'pending'],
  'tx.idempotency': ['find', 'insert'],
}

type Work = (tx: StoreTransaction) => Promise<unknown>

/** The same object, which notes whatever is done to it that the port does not name, and does not allow it. */
function strict<Target extends object>(target: Target, place: string, strayed: string[]): Target {
  const forbid = (what: string): never => {
    strayed.push(`${what} of ${place}`)
    throw new TypeError(`${what} of ${place} is not in the port.`)
  }
  const wrapped = new Map<PropertyKey, unknown>()
  const wrap = (name: string, member: unknown): unknown => {
    const inner = `${place}.${name}`
    if (typeof member === 'function') {
      const enters = inner === 'store.transaction' || inner === 'tx.nested'
      return (...given: unknown[]) => {
        const passed = given.map((each) =>
          enters && typeof each === 'function'
            ? (tx: StoreTransaction) => (each as Work)(strict(tx, 'tx', strayed))
            : each,
        )
        return Reflect.apply(member, target, passed) as unknown
      }
    }
    return inner in PORT && typeof member === 'object' && member !== null
      ? strict(member, inner, strayed)
      : member
  }
  // A proxy of an empty object: one of the store itself would have to show what is frozen in it as it is.
  return new Proxy({} as Target, {
    get(_, name) {
      if (typeof name !== 'string' || !PORT[place]?.includes(name)) return forbid(`reading ${String(name)}`)
      if (!wrapped.has(name)) wrapped.set(name, wrap(name, Reflect.get(target, name)))
      return wrapped.get(name)
    },
    has: (_, name) => forbid(`asking for ${String(name)}`),
    set: (_, name) => forbid(`setting ${String(name)}`),
    ownKeys: () => forbid('listing the members'),
    getOwnPropertyDescriptor: (_, name) => forbid(`describing ${String(name)}`),
    getPrototypeOf: () => forbid('looking for the class'),
    defineProperty: (_, name) => forbid(`defining ${String(name)}`),
    deleteProperty: (_, name) => forbid(`deleting ${String(name)}`),
  })
}

export const port: readonly Case[] = [
  {
    id: 'UE-ENGINE-011/proxy',
    title:
      'On a store that throws at every member which the port does not name, the engine does all of its work',
    preconditions: ['a member that the port does not name is found out'],
    async run(ctx) {
      const planted: string[] = []
      const trap = strict(ctx.store, 'store', planted)
      try {
        Reflect.get(trap, 'pool')
      } catch {
        // That is what it is for.
      }
      ctx.precondition('a member that the port does not name is found out', planted.length === 1)

      const strayed: string[] = []
      const around = (store: UserEngineStore) => strict(store, 'store', strayed)
      const world = await createWorld(ctx, around)
      const { userId, identityId, tenantAccountId, identity } = await world.provision()
      const { tenantId } = world
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        registerTenant: () => world.directory.registerTenant({}),
        getTenant: () => world.directory.getTenant({ tenantId }),
        listTenants: () => world.directory.listTenants(),
        suspendUser: () => world.directory.suspendUser({ userId }),
        reactivateUser: () => world.directory.reactivateUser({ userId }),
        getUser: () => world.directory.getUser({ userId }),
        listUsers: () => world.directory.listUsers(),
        disableAccount: () => world.directory.disableAccount({ userId }),
        enableAccount: () => world.directory.enableAccount({ userId }),
        getAccount: () => world.directory.getAccount({ userId }),
        linkIdentity: () => world.directory.linkIdentity({ userId, ...world.identity() }),
        unlinkIdentity: () => world.directory.unlinkIdentity({ userId, identityId }),
        linkAgain: () => world.directory.linkIdentity({ userId, ...identity }),
        getIdentity: () => world.directory.getIdentity({ identityId }),
        findIdentity: () => world.directory.findIdentity(identity),
        listIdentities: () => world.directory.listIdentities({ userId }),
        resolveIdentity: () => world.tenant.resolveIdentity(identity),
        resolveOrProvision: () => world.tenant.resolveOrProvision(world.identity()),
        createGroup: () => world.tenant.createGroup({ key: 'readers', displayName: 'Readers' }),
        listGroups: () => world.tenant.listGroups(),
        addMembership: async () => {
          const [group] = (await world.tenant.listGroups()).items
          await world.tenant.addMembership({ groupId: group?.id ?? '', tenantAccountId })
        },
        listMemberships: () => world.tenant.listMemberships({ tenantAccountId }),
        registerApplication: () => world.directory.registerApplication({ clientKey: 'portal' }),
        bind: async () => {
          const applicationId = (await world.directory.listApplications()).items[0]?.id ?? ''
          await world.directory.activateApplication({ applicationId })
          await world.tenant.requestBinding({ applicationId })
        },
        listBindings: () => world.tenant.listBindings(),
        suspendTenantAccount: () => world.tenant.suspendTenantAccount({ tenantAccountId }),
        leaveTenant: () => world.tenant.leaveTenant({ tenantAccountId }),
        joinTenant: () => world.tenant.joinTenant({ userId }),
        getTenantAccount: () => world.tenant.getTenantAccount({ tenantAccountId }),
        listTenantAccounts: () => world.tenant.listTenantAccounts(),
        transaction: () =>
          world.tenant.transaction((unit) =>
            unit.nested((inner) => inner.provisionUser({ identity: world.identity() })),
          ),
        queryAudit: () => world.tenant.queryAudit(),
        pendingEvents: () => world.tenant.pendingEvents(),
        countRecords: () => world.tenant.countRecords(),
        drainOutbox: () => world.engine.drainOutbox({ publish: async () => {} }),
        redriveEvents: () => world.engine.redriveEvents([userId]),
        readiness: () => world.engine.readiness(),
        schemaVersion: () => world.engine.schemaVersion(),
        position: () => world.engine.position(),
        diagnostics: () => world.engine.diagnostics(),
      }
      for (const [name, call] of Object.entries(calls)) {
        const { code } = await outcomeOf(call())
        ctx.equal('UE-ENGINE-011', code, null, `${name} on the strict store`)
      }
      world.refuse('user.list')
      const refused = await outcomeOf(world.directory.listUsers())
      ctx.equal('UE-ENGINE-011', refused.code, 'ACCESS_DENIED', 'a refused query on the strict store')
      ctx.equal('UE-ENGINE-011', strayed, [], 'what it did outside of the port')
    },
  },
]
