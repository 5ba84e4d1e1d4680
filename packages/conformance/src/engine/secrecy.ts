import type { CloudEvent } from '@user-engine/core'

import type { Case } from '../case.ts'
import { createWorld, outcomeOf, readTrail } from './world.ts'

/** A call's error, whatever it is. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => error,
  )
}

export const secrecy: readonly Case[] = [
  {
    id: 'UE-ENGINE-010/errors',
    title: 'No error repeats a subject, a reference, a key or what was wrong with an input',
    preconditions: ['every call was refused'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId, identity } = await world.provision()
      const externalId = ctx.canary()
      const externalRef = ctx.canary()
      const idempotencyKey = ctx.canary()
      await world.directory.registerTenant({ externalRef, idempotencyKey })
      await world.tenant.provisionUser({ identity: world.identity(), tenantAccount: { externalId } })
      const key = ctx.canary()
      await world.tenant.createGroup({ key, displayName: ctx.canary() })
      const clientKey = ctx.canary()
      await world.tenant.registerApplication({ clientKey })
      const attributes = [
        { name: 'userName', uniqueness: 'server' as const },
        { name: 'level', type: 'integer' as const },
      ]
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions: { attributes } })
      await world.tenant.publishCatalog({ catalogId: catalog.id })
      const userName = ctx.canary()
      const other = (await world.provision()).userId
      const describe = (values: Readonly<Record<string, string>>, of = other) =>
        world.tenant.setProfileValues({ userId: of, values, source: ctx.canary() })
      await describe({ 'profile:userName': userName }, userId)
      const wrong = ctx.canary()
      world.refuse('user.suspend')
      const calls: Readonly<Record<string, Promise<unknown>>> = {
        'identity taken': world.tenant.provisionUser({ identity }),
        'identity linked': world.tenant.linkIdentity({ userId, ...identity }),
        'reference taken': world.directory.registerTenant({ externalRef }),
        'external id taken': world.tenant.provisionUser({
          identity: world.identity(),
          tenantAccount: { externalId },
        }),
        'group taken': world.tenant.createGroup({ key, displayName: ctx.canary() }),
        'client key taken': world.tenant.registerApplication({ clientKey }),
        'value taken': describe({ 'profile:userName': userName }),
        'a value of another type': describe({ 'profile:level': wrong }),
        'an attribute that is none': describe({ [`${wrong} ${wrong}`]: wrong }),
        'a value with a control character': describe({ 'profile:userName': `${wrong}\u0000` }),
        'a definition that is none': world.tenant.draftCatalog({
          key: 'other',
          definitions: { attributes: [{ name: wrong, type: wrong as never }] },
        }),
        'key used': world.directory.registerTenant({ externalRef: ctx.canary(), idempotencyKey }),
        denied: world.directory.suspendUser({ userId, idempotencyKey: ctx.canary() }),
        'a long subject': world.tenant.resolveIdentity({ ...identity, subject: wrong.repeat(30) }),
        'a control character': world.tenant.resolveIdentity({ ...identity, subject: `${wrong}\n` }),
        'no id': world.tenant.getUser({ userId: wrong }),
        'no cursor': world.tenant.listUsers({ cursor: wrong }),
        'an unknown field': world.tenant.listUsers({ [wrong]: wrong }),
      }
      const errors = await Promise.all(
        Object.entries(calls).map(async ([what, call]) => [what, await errorOf(call)] as const),
      )
      ctx.precondition(
        'every call was refused',
        errors.every(([, error]) => error !== null),
      )
      for (const [what, error] of errors) ctx.secret('UE-ENGINE-010', error, `the error of ${what}`)
    },
  },
  {
    id: 'UE-ENGINE-010/trail',
    title: 'No audit record, event, denial, question to the policy or report carries a value that was given',
    preconditions: ['there is something of each to look at'],
    async run(ctx) {
      const world = await createWorld(ctx)
      await world.directory.registerTenant({ externalRef: ctx.canary(), idempotencyKey: ctx.canary() })
      const identity = { ...world.identity(), scope: 'tenant' } as const
      const made = await world.tenant.provisionUser({
        identity,
        tenantAccount: { externalId: ctx.canary() },
        idempotencyKey: ctx.canary(),
      })
      const userId = made.user.id
      const linked = await world.tenant.linkIdentity({ userId, ...world.identity() })
      await world.tenant.unlinkIdentity({ userId, identityId: linked.identity.id })
      await world.tenant.resolveIdentity(identity)
      const { group } = await world.tenant.createGroup({ key: ctx.canary(), displayName: ctx.canary() })
      const tenantAccountId = made.tenantAccount?.id ?? ''
      const roles = [ctx.canary()]
      await world.tenant.addMembership({ groupId: group.id, tenantAccountId, roles })
      await world.tenant.registerApplication({ clientKey: ctx.canary() })
      const attributes = [{ name: 'personal' }, { name: 'special', sensitivity: 'special' as const }]
      const definitions = { description: ctx.canary(), attributes }
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
      await world.tenant.publishCatalog({ catalogId: catalog.id })
      const values = { 'profile:personal': ctx.canary(), 'profile:special': ctx.canary() }
      await world.tenant.setProfileValues({ userId, values, source: ctx.canary() })
      await world.tenant.getProfile({ userId })
      const asked = [...world.asked]
      world.refuse('external_identity.link', 'external_identity.resolve')
      await outcomeOf(world.tenant.linkIdentity({ userId, ...world.identity() }))
      await outcomeOf(world.tenant.resolveIdentity(world.identity()))
      asked.push(...world.asked)
      const { changes, denials, events } = await readTrail(ctx, world)
      const published: CloudEvent[] = []
      const report = await world.engine.drainOutbox({
        publish: async (event) => {
          published.push(event)
        },
      })
      ctx.precondition(
        'there is something of each to look at',
        [changes, denials, events, asked, published].every(({ length }) => length > 1),
      )
      ctx.secret('UE-ENGINE-010', changes, 'the audit')
      ctx.secret('UE-ENGINE-010', denials, 'the denials')
      ctx.secret('UE-ENGINE-010', events, 'the events of the store')
      ctx.secret('UE-ENGINE-010', published, 'the events that were published')
      ctx.secret('UE-ENGINE-010', report, 'the report of the relay')
      ctx.secret('UE-ENGINE-010', asked, 'the questions to the policy')
      ctx.secret('UE-ENGINE-010', await world.engine.diagnostics(), 'the diagnostics')
      ctx.secret('UE-ENGINE-010', await world.engine.readiness(), 'the readiness report')
      ctx.secret('UE-ENGINE-010', world.engine, 'the engine itself')
      ctx.secret('UE-ENGINE-010', world.tenant, 'a session')
    },
  },
]
