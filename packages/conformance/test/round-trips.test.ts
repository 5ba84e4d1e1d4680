import { createUserEngine, type Session, type UserEngineService } from '@user-engine/core'
import { testPostgres } from '@user-engine/test-postgres/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'

import type { PostgresInstance } from '../src/postgres.ts'
import { createStoreTarget } from './postgres-target.ts'

const target = await createStoreTarget(testPostgres())
let instance: PostgresInstance
let engine: UserEngineService

beforeAll(async () => {
  const { signal } = new AbortController()
  instance = await target.open({ id: 'round_trips', signal })
  const authorize = ({ actor }: { actor: { id: string } }) =>
    actor.id === 'nobody' ? ({ allow: false, reason: 'nobody' } as const) : ({ allow: true } as const)
  engine = createUserEngine({ store: instance.store, authorize, requestHashKeys: ['k'.repeat(32)] })
})

afterAll(async () => {
  await target.destroy(instance)
  await target.dispose()
})

interface World {
  readonly admin: Session
  readonly nobody: Session
  readonly tenantId: string
  /** A user who is new to every operation. */
  user(): Promise<{ userId: string; identityId: string; tenantAccountId: string; subject: string }>
}

const issuer = 'https://login.example.com'
const subject = () => crypto.randomUUID()

/** Each prepares, outside of what is counted, and answers what is counted. */
const OPERATIONS: Readonly<Record<string, (world: World) => Promise<() => Promise<unknown>>>> = {
  provisionUser:
    async ({ admin }) =>
    () =>
      admin.provisionUser({ identity: { issuer, subject: subject() } }),
  resolveIdentity: async (world) => {
    const user = await world.user()
    return () => world.admin.resolveIdentity({ issuer, subject: user.subject })
  },
  'resolveOrProvision, somebody known': async (world) => {
    const user = await world.user()
    return () => world.admin.resolveOrProvision({ issuer, subject: user.subject })
  },
  'resolveOrProvision, somebody new':
    async ({ admin }) =>
    () =>
      admin.resolveOrProvision({ issuer, subject: subject() }),
  linkIdentity: async (world) => {
    const { userId } = await world.user()
    return () => world.admin.linkIdentity({ userId, issuer, subject: subject() })
  },
  unlinkIdentity: async (world) => {
    const { userId, identityId } = await world.user()
    await world.admin.linkIdentity({ userId, issuer, subject: subject() })
    return () => world.admin.unlinkIdentity({ userId, identityId })
  },
  suspendUser: async (world) => {
    const { userId } = await world.user()
    return () => world.admin.suspendUser({ userId })
  },
  disableAccount: async (world) => {
    const { userId } = await world.user()
    return () => world.admin.disableAccount({ userId })
  },
  'joinTenant, again': async (world) => {
    const { userId, tenantAccountId } = await world.user()
    await world.admin.leaveTenant({ tenantAccountId })
    return () => world.admin.joinTenant({ userId })
  },
  createGroup:
    async ({ admin }) =>
    () =>
      admin.createGroup({ key: subject(), displayName: 'Readers' }),
  addMembership: async (world) => {
    const { tenantAccountId } = await world.user()
    const { group } = await world.admin.createGroup({ key: subject(), displayName: 'Readers' })
    return () => world.admin.addMembership({ groupId: group.id, tenantAccountId, roles: ['reader'] })
  },
  registerApplication:
    async ({ admin }) =>
    () =>
      admin.registerApplication({ clientKey: subject() }),
  requestBinding: async ({ admin }) => {
    const { application } = await admin.registerApplication({ clientKey: subject() })
    await admin.activateApplication({ applicationId: application.id })
    return () => admin.requestBinding({ applicationId: application.id })
  },
  'resolveIdentity, for an application': async (world) => {
    const user = await world.user()
    const { application } = await world.admin.registerApplication({ clientKey: subject() })
    return () => world.admin.resolveIdentity({ issuer, subject: user.subject, applicationId: application.id })
  },
  suspendTenantAccount: async (world) => {
    const { tenantAccountId } = await world.user()
    return () => world.admin.suspendTenantAccount({ tenantAccountId })
  },
  'suspendUser, the same key again': async (world) => {
    const { userId } = await world.user()
    const idempotencyKey = subject()
    await world.admin.suspendUser({ userId, idempotencyKey })
    return () => world.admin.suspendUser({ userId, idempotencyKey })
  },
  'suspendUser, denied': async (world) => {
    const { userId } = await world.user()
    return () => world.nobody.suspendUser({ userId }).catch(() => undefined)
  },
  getUser: async (world) => {
    const { userId } = await world.user()
    return () => world.admin.getUser({ userId })
  },
  listTenantAccounts:
    async ({ admin }) =>
    () =>
      admin.listTenantAccounts({ limit: 10 }),
  countRecords:
    async ({ admin }) =>
    () =>
      admin.countRecords({}),
  queryAudit:
    async ({ admin }) =>
    () =>
      admin.queryAudit({ limit: 10 }),
  pendingEvents:
    async ({ admin }) =>
    () =>
      admin.pendingEvents({ limit: 10 }),
  'a composition of provisionUser and disableAccount':
    async ({ admin }) =>
    () =>
      admin.transaction(async (unit) => {
        const { user } = await unit.provisionUser({ identity: { issuer, subject: subject() } })
        await unit.disableAccount({ userId: user.id })
      }),
  'a composition with a nested provisionUser':
    async ({ admin }) =>
    () =>
      admin.transaction((unit) =>
        unit.nested((inner) => inner.provisionUser({ identity: { issuer, subject: subject() } })),
      ),
  'a composition whose nested part fails before it is sent':
    async ({ admin }) =>
    () =>
      admin.transaction((unit) =>
        unit
          .nested(async (inner) => {
            await inner.provisionUser({ identity: { issuer, subject: subject() } })
            throw new Error('undone')
          })
          .catch(() => undefined),
      ),
  'drainOutbox, one batch': async (world) => {
    await engine.drainOutbox({ publish: async () => {} })
    await world.user()
    return () => engine.drainOutbox({ publish: async () => {} })
  },
}

it('makes exactly these round trips', { timeout: 120_000 }, async () => {
  const directory = engine.as({ actor: { kind: 'service', id: 'admin' }, tenantId: null })
  const { tenant } = await directory.registerTenant({})
  const context = { tenantId: tenant.id }
  const admin = engine.as({ ...context, actor: { kind: 'service', id: 'admin' } })
  const world: World = {
    admin,
    nobody: engine.as({ ...context, actor: { kind: 'service', id: 'nobody' } }),
    tenantId: tenant.id,
    async user() {
      const identity = { issuer, subject: subject() }
      const made = await admin.provisionUser({ identity })
      return {
        userId: made.user.id,
        identityId: made.identity.id,
        tenantAccountId: made.tenantAccount?.id ?? '',
        subject: identity.subject,
      }
    },
  }
  const lines: string[] = []
  for (const [name, prepare] of Object.entries(OPERATIONS)) {
    // Until the connections are open and have parsed what is used: the first runs are not counted.
    for (let warm = 0; warm < 4; warm += 1) await (await prepare(world))()
    const run = await prepare(world)
    instance.proxy.reset()
    await run()
    const { roundTrips, messages } = instance.proxy.traffic()
    const statements = (messages.client['E'] ?? 0) + (messages.client['Q'] ?? 0)
    lines.push(`| ${name} | ${roundTrips} | ${statements} |`)
  }
  await expect(
    [
      '# Round trips',
      '',
      'Counted by a proxy that reads the protocol between the engine and Postgres, on warm connections; a test compares them',
      'exactly. A statement is an Execute message; binding the scope is one of them.',
      '',
      '| operation | round trips | statements |',
      '|---|---|---|',
      ...lines,
      '',
    ].join('\n'),
  ).toMatchFileSnapshot('../../../docs/reference/round-trips.md')
})
