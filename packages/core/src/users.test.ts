import { describe, expect, it } from 'vitest'

import { call, commandNames } from '../test/operations.ts'
import { counts, createWorld, ISSUER, refusal } from '../test/world.ts'
import { isUserEngineError } from './errors.ts'

/** Numbers that look random and are the same each time. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('provisionUser', () => {
  it('makes all four, or none', async () => {
    const world = await createWorld()
    await world.provision({ identity: { issuer: ISSUER, subject: 'taken' } })
    const before = await counts(world)
    const attempt = world.tenant.provisionUser({ identity: { issuer: ISSUER, subject: 'taken' } })
    expect(await refusal(attempt)).toMatchObject({ code: 'IDENTITY_TAKEN' })
    expect(await counts(world)).toEqual(before)
    const made = await world.tenant.provisionUser({
      kind: 'service',
      identity: { issuer: ISSUER, subject: 'free' },
      accountState: 'invited',
      tenantAccount: { origin: 'managed', externalId: 'e-1', state: 'invited' },
    })
    const userId = made.user.id
    expect(await world.directory.getUser({ userId })).toMatchObject({ kind: 'service', version: 1 })
    expect(await world.directory.getAccount({ userId })).toMatchObject({ state: 'invited' })
    const tenantAccountId = made.tenantAccount?.id ?? ''
    expect(await world.tenant.getTenantAccount({ tenantAccountId })).toMatchObject({
      userId,
      origin: 'managed',
      externalId: 'e-1',
      state: 'invited',
    })
  })

  it('in the directory makes no tenant account, and refuses to be given one', async () => {
    const world = await createWorld()
    const identity = { issuer: ISSUER, subject: 'a' }
    expect(
      await refusal(world.directory.provisionUser({ identity, tenantAccount: { externalId: 'e' } })),
    ).toMatchObject({ code: 'TENANT_REQUIRED' })
    expect((await world.directory.provisionUser({ identity })).tenantAccount).toBe(null)
    expect((await counts(world)).tenantAccounts).toBe(0)
  })

  it('needs a tenant that is there', async () => {
    const world = await createWorld()
    const { user } = await world.provision()
    const attempt = world.as(user).provisionUser({ identity: { issuer: ISSUER, subject: 'a' } })
    expect(await refusal(attempt)).toMatchObject({ code: 'NOT_FOUND', details: { kind: 'tenant' } })
  })

  it('an external reference of a tenant is taken once', async () => {
    const world = await createWorld()
    await world.directory.registerTenant({ externalRef: 'r' })
    expect(await refusal(world.directory.registerTenant({ externalRef: 'r' }))).toMatchObject({
      code: 'ALREADY_EXISTS',
      details: { constraint: 'tenant_external_ref' },
    })
  })
})

/** Of the commands that are given more, or another thing, than the id of what they change. */
const INPUTS: Readonly<Record<string, string>> = {
  createGroup: 'key',
  registerApplication: 'clientKey',
  requestBinding: 'application',
  pinBindingCatalog: 'pin',
  addMembership: 'member',
  changeMembershipRoles: 'roles',
  draftCatalog: 'draft',
  replaceDraft: 'replaced',
  setProfileValues: 'values',
  setApplicationProfileValues: 'applicationValues',
}

describe.each([1, 2, 3, 4])('after 400 commands in no order, run %i', (seed) => {
  it('the events of each record are its versions, without a gap, and the audit has each once', async () => {
    const world = await createWorld({ writes: seed % 2 === 0 ? 'eager' : 'deferred' })
    const random = sequence(seed)
    const pick = <Item>(items: readonly Item[]) => items[random(items.length)] as Item
    const known = {
      users: [] as string[],
      identities: [] as [string, string][],
      accounts: [] as string[],
      groups: [] as string[],
      memberships: [] as string[],
      applications: [] as string[],
      bindings: [] as string[],
      catalogs: [] as string[],
      tenants: [world.tenantId],
    }
    const definitions = { attributes: [{ name: 'nickName' }] }
    const values = () => ({ [`catalog-${random(3)}:nickName`]: random(3) === 0 ? null : `nick-${random(9)}` })
    const inputs: Record<string, () => object> = {
      tenant: () => ({ tenantId: pick(known.tenants) }),
      user: () => ({ userId: pick(known.users) }),
      tenantAccount: () => ({ tenantAccountId: pick(known.accounts) }),
      group: () => ({ groupId: pick(known.groups) }),
      membership: () => ({ membershipId: pick(known.memberships) }),
      roles: () => ({ membershipId: pick(known.memberships), roles: [`role-${random(9)}`] }),
      member: () => ({ groupId: pick(known.groups), tenantAccountId: pick(known.accounts) }),
      application: () => ({ applicationId: pick(known.applications) }),
      binding: () => ({ bindingId: pick(known.bindings) }),
      pin: () => ({ bindingId: pick(known.bindings), catalogId: null }),
      clientKey: () => ({ clientKey: `client-${random(9)}` }),
      catalog: () => ({ catalogId: pick(known.catalogs) }),
      draft: () => ({ key: `catalog-${random(3)}`, definitions }),
      replaced: () => ({ catalogId: pick(known.catalogs), definitions }),
      values: () => ({ userId: pick(known.users), values: values(), source: 'scim' }),
      applicationValues: () => ({
        userId: pick(known.users),
        applicationId: pick(known.applications),
        values: values(),
        source: 'scim',
      }),
      key: () => ({ key: `key-${random(9)}`, displayName: 'Readers' }),
    }
    const refused = new Map<string, number>()
    const provision = async () => {
      const made = await world.provision()
      known.users.push(made.user)
      known.accounts.push(made.tenantAccount)
      known.identities.push([made.user, made.identity])
    }
    for (let index = 0; index < 6; index += 1) await provision()
    for (const key of ['a', 'b', 'c']) {
      const { group } = await world.tenant.createGroup({ key, displayName: key })
      known.groups.push(group.id)
      const member = { groupId: group.id, tenantAccountId: pick(known.accounts) }
      known.memberships.push((await world.tenant.addMembership(member)).membership.id)
    }
    for (const clientKey of ['a', 'b', 'c']) {
      const applicationId = (await world.directory.registerApplication({ clientKey })).application.id
      await world.directory.activateApplication({ applicationId })
      known.applications.push(applicationId)
      known.bindings.push((await world.tenant.requestBinding({ applicationId })).binding.id)
    }
    for (const session of [world.directory, world.tenant]) {
      for (let index = 0; index < 3; index += 1) {
        const { catalog } = await session.draftCatalog({ key: `catalog-${index}`, definitions })
        if (index > 0) await session.publishCatalog({ catalogId: catalog.id })
        known.catalogs.push(catalog.id)
      }
    }
    for (let step = 0; step < 400; step += 1) {
      const name = pick(commandNames)
      const session = random(5) === 0 ? world.directory : world.tenant
      const [userId, identityId] = pick(known.identities)
      const input =
        name === 'provisionUser' || name === 'registerTenant'
          ? null
          : name === 'linkIdentity'
            ? { userId, issuer: ISSUER, subject: `s${random(40)}` }
            : name === 'unlinkIdentity'
              ? { userId, identityId }
              : /TenantAccount|leaveTenant/.test(name)
                ? inputs['tenantAccount']?.()
                : /Group|Membership|Application|Binding|Catalog|Draft|Profile/.test(name)
                  ? inputs[INPUTS[name] ?? name.replace(/^[a-z]+/, '').toLowerCase()]?.()
                  : /Tenant$|TenantDelet/.test(name) && name !== 'joinTenant'
                    ? inputs['tenant']?.()
                    : inputs['user']?.()
      try {
        if (name === 'registerTenant') known.tenants.push((await session.registerTenant({})).tenant.id)
        else if (name === 'provisionUser') await provision()
        else if (random(4) === 0) await session.transaction((unit) => call(unit as never, name, input))
        else await call(session, name, input)
        if (name === 'suspendTenant' && random(2) === 0)
          await world.directory.reactivateTenant(input as never)
      } catch (error) {
        if (!isUserEngineError(error)) throw error
        refused.set(error.code, (refused.get(error.code) ?? 0) + 1)
      }
    }
    expect([...refused.keys()]).not.toContain('INVALID_INPUT')
    expect(refused.get('INVALID_STATE')).toBeGreaterThan(10)

    const scopes = [world.directory, world.tenant, ...known.tenants.map((id) => world.as(id))]
    const events = new Map<string, number[]>()
    const audited = new Map<string, number[]>()
    const add = (map: Map<string, number[]>, id: string, version: number) =>
      map.set(
        id,
        [...(map.get(id) ?? []), version].toSorted((a, b) => a - b),
      )
    const seen = new Set<string>()
    for (const session of scopes) {
      for (let cursor: string | null = null; ;) {
        const page: Awaited<ReturnType<typeof session.pendingEvents>> = await session.pendingEvents({
          cursor,
          limit: 500,
        })
        for (const { event } of page.items) {
          if (seen.has(event.id)) continue
          seen.add(event.id)
          add(events, event.aggregate.id, event.aggregateVersion)
        }
        cursor = page.nextCursor
        if (cursor === null) break
      }
      for (let cursor: string | null = null; ;) {
        const page: Awaited<ReturnType<typeof session.queryAudit>> = await session.queryAudit({
          cursor,
          limit: 500,
        })
        for (const entry of page.items) {
          if (entry.kind !== 'change' || seen.has(entry.record.id)) continue
          seen.add(entry.record.id)
          for (const change of entry.record.changes) add(audited, change.id, change.version)
        }
        cursor = page.nextCursor
        if (cursor === null) break
      }
    }
    expect(events.size).toBeGreaterThan(20)
    for (const [, versions] of events) expect(versions).toEqual(versions.map((_, index) => index + 1))
    expect(audited).toEqual(new Map([...audited].map(([id]) => [id, events.get(id)])))
    expect(audited.size).toBe(events.size)
    for (const userId of known.users) {
      const user = await world.directory.getUser({ userId })
      expect(events.get(userId)?.at(-1)).toBe(user.version)
    }
    for (const tenantAccountId of known.accounts) {
      const { version } = await world.tenant.getTenantAccount({ tenantAccountId })
      expect(events.get(tenantAccountId)?.at(-1)).toBe(version)
    }
  })
})
