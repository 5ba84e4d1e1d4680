import { describe, expect, it } from 'vitest'

import { call } from '../test/operations.ts'
import { enter, MACHINES, type CommandName, type Machine } from '../test/state-machines.ts'
import { counts, createWorld, ISSUER, refusal } from '../test/world.ts'

const CASES = Object.entries<Machine>(MACHINES).flatMap(([kind, machine]) =>
  Object.entries(machine.states).flatMap(([state, allowed]) =>
    Object.entries(machine.commands).map(([command, action]) => ({
      machine,
      kind,
      state,
      command: command as CommandName,
      action,
      next: allowed[command as CommandName] ?? null,
    })),
  ),
)

describe('state machines', () => {
  it.each(CASES)(
    '$kind: $command in $state leads to $next',
    async ({ machine, kind, state, command, action, next }) => {
      const world = await createWorld()
      const { input, version } = await enter(world, machine, state, world.tenant)
      expect(await machine.read(world, input)).toMatchObject({ state, version })
      const before = await counts(world)
      if (next === null) {
        const error = await refusal(call(world.tenant, command, input))
        expect(error).toMatchObject({ code: 'INVALID_STATE', details: { kind, state, action } })
        expect(await machine.read(world, input)).toMatchObject({ state, version })
        expect(await counts(world)).toEqual(before)
        return
      }
      await call(world.tenant, command, { ...input, expectedVersion: version })
      expect(await machine.read(world, input)).toMatchObject({ state: next, version: version + 1 })
      const stale = await refusal(call(world.tenant, command, { ...input, expectedVersion: version }))
      expect(stale).toMatchObject({ code: 'VERSION_CONFLICT', details: { kind } })
      expect(await machine.read(world, input)).toMatchObject({ state: next, version: version + 1 })
    },
  )

  it.each(['provisioning', 'suspended', 'deleting', 'deleted'])(
    'nobody enters a tenant that is %s',
    async (state) => {
      const world = await createWorld()
      const { input } = await enter(world, MACHINES.tenant, state)
      const { tenantId } = input as { tenantId: string }
      const { user } = await world.provision()
      const before = await counts(world)
      const identity = { issuer: ISSUER, subject: world.subject() }
      for (const attempt of [
        world.as(tenantId).joinTenant({ userId: user }),
        world.as(tenantId).provisionUser({ identity }),
      ]) {
        expect(await refusal(attempt)).toMatchObject({
          code: 'INVALID_STATE',
          details: { kind: 'tenant', state },
        })
      }
      expect(await counts(world)).toEqual(before)
    },
  )

  it('a suspended user gets no identity and no tenant', async () => {
    const world = await createWorld()
    const { user, tenantAccount } = await world.provision()
    await world.tenant.leaveTenant({ tenantAccountId: tenantAccount })
    await world.tenant.suspendUser({ userId: user })
    for (const attempt of [
      world.tenant.joinTenant({ userId: user }),
      world.tenant.linkIdentity({ userId: user, issuer: ISSUER, subject: world.subject() }),
    ]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'INVALID_STATE', details: { kind: 'user' } })
    }
  })
})
