import type { Case } from '../case.ts'
import { counts, createWorld, growth, outcomeOf, readTrail, refuses } from './world.ts'

/** Pairs that a person takes for one name. */
const LOOK_ALIKES: readonly (readonly [name: string, one: string, other: string])[] = [
  ['case', 'Mike', 'mIKE'],
  ['a dotted capital', 'ıstanbul'.replace('ı', 'i'), 'ISTANBUL'],
  ['the Kelvin sign', 'kate', '\u212Aate'],
  ['full width', 'admin', 'ａｄｍｉｎ'],
  ['a ligature', 'office', 'o\uFB03ce'],
  ['white space', 'john', ' john\u3000'],
  ['composition', 'jos\u00E9', 'jose\u0301'],
]

/** What went wrong in products of the field, done to this store through the engine. */
export const incidents: readonly Case[] = [
  {
    id: 'UE-IDENTITY-001/an-email-is-no-identity',
    title:
      'An identity is issuer and subject: an email that another user has signs nobody in and links nothing',
    incidents: ['CVE-2026-9092 (Casdoor)', 'nOAuth (Entra ID)', 'Kratos #3574'],
    profile: 'engine',
    async run(ctx) {
      const world = await createWorld(ctx)
      const victim = await world.provision()
      const email = `${ctx.canary()}@example.org`
      const definitions = { attributes: [{ name: 'email' }] }
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
      await world.tenant.publishCatalog({ catalogId: catalog.id })
      const values = { 'profile:email': email }
      await world.tenant.setProfileValues({ userId: victim.userId, values, source: 'kit' })
      const attack = { issuer: world.identity().issuer, subject: email }
      const resolved = await world.tenant.resolveIdentity(attack)
      ctx.equal('UE-IDENTITY-001', resolved.outcome, 'refused', 'a sign-in by the address of somebody')
      const made = await world.tenant.resolveOrProvision(attack)
      const own = made.outcome === 'active' ? made.user.id : null
      ctx.must('UE-IDENTITY-001', own !== null && own !== victim.userId, 'it makes a user of its own')
      const { items } = await world.directory.listIdentities({ userId: victim.userId })
      ctx.equal('UE-IDENTITY-001', items.length, 1, 'identities of the user whose address it is')
    },
  },
  {
    id: 'UE-TENANT-007/back-in-the-old-tenant',
    title:
      'Who leaves a tenant for another is found in that one alone, and what they had is never given to somebody else',
    incidents: ['CVE-2026-55670 (Zitadel)'],
    profile: 'engine',
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId, tenantAccountId, identity } = await world.provision()
      await world.tenant.leaveTenant({ tenantAccountId })
      const { tenantAccount } = await world.other.joinTenant({ userId })
      ctx.must(
        'UE-TENANT-007',
        tenantAccount.id !== tenantAccountId,
        'the account in the other tenant is another one',
      )
      const there = await world.other.resolveIdentity(identity)
      ctx.equal('UE-TENANT-007', there.outcome, 'active', 'a sign-in to the tenant that was joined')
      const here = await world.tenant.resolveIdentity(identity)
      const level = here.outcome === 'refused' ? [here.level, here.reason] : []
      ctx.equal(
        'UE-TENANT-007',
        level,
        ['tenant_account', 'deprovisioned'],
        'one to the tenant that was left',
      )
      for (let index = 0; index < 20; index += 1) {
        const next = await world.provision()
        ctx.must(
          'UE-TENANT-007',
          next.tenantAccountId !== tenantAccountId,
          'a newcomer has an account of their own',
        )
      }
      const { code } = await outcomeOf(world.other.getTenantAccount({ tenantAccountId }))
      ctx.equal('UE-TENANT-007', code, 'NOT_FOUND', 'the old account, asked for in the other tenant')
    },
  },
  {
    id: 'UE-ENGINE-012/named-in-an-input',
    title: 'An input that names who acts, or for whom, is refused before anybody is asked',
    incidents: ['CVE-2025-61928 (Better Auth)'],
    async run(ctx) {
      const world = await createWorld(ctx)
      const { userId, tenantAccountId } = await world.provision()
      const { userId: victim } = await world.provision()
      const before = await counts(ctx, world)
      const forged: readonly object[] = [
        { actor: { kind: 'user', id: victim } },
        { actorId: victim },
        { userId: victim },
        { tenantId: world.otherId },
        { audience: 'platform' },
      ]
      for (const more of forged) {
        world.refuse()
        const input = { tenantAccountId, ...more }
        const name = Object.keys(more).join()
        await refuses(ctx, 'UE-ENGINE-012', world.tenant.suspendTenantAccount(input), 'INVALID_INPUT', name)
        ctx.equal('UE-ENGINE-012', world.asked, [], `what the policy was asked for ${name}`)
      }
      ctx.equal('UE-ENGINE-012', growth(await counts(ctx, world), before), {}, 'rows that were added')
      await world.directory.suspendUser({ userId })
      const { changes } = await readTrail(ctx, world)
      const actor = changes.find(({ action }) => action === 'user.suspend')?.actor
      ctx.equal(
        'UE-ENGINE-012',
        actor,
        { kind: 'service', id: 'conformance' },
        'who did it, as the audit has it',
      )
    },
  },
  ...LOOK_ALIKES.map(([name, one, other]): Case => ({
    id: `UE-PROFILE-002/look-alike-${name.replaceAll(' ', '-').toLowerCase()}`,
    title: `Of two unique names that differ by ${name} the second is refused, and so is the second group`,
    incidents: [
      'CVE-2019-19844 (Django)',
      'GitHub 2016',
      'Spotify 2013',
      'Casdoor PR #4380',
      'Better Auth #10276',
    ],
    also: ['UE-GROUP-001'],
    profile: 'engine',
    async run(ctx) {
      const world = await createWorld(ctx)
      const definitions = { attributes: [{ name: 'userName', uniqueness: 'server' as const }] }
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
      await world.tenant.publishCatalog({ catalogId: catalog.id })
      const take = async (userName: string) => {
        const { userId } = await world.provision()
        const values = { 'profile:userName': userName }
        return (await outcomeOf(world.tenant.setProfileValues({ userId, values, source: 'kit' }))).code
      }
      ctx.equal('UE-PROFILE-002', [await take(one), await take(other)], [null, 'ALREADY_EXISTS'], 'two users')
      const group = async (key: string) =>
        (await outcomeOf(world.tenant.createGroup({ key, displayName: 'x' }))).code
      ctx.equal(
        'UE-GROUP-001',
        [await group(one), await group(other)],
        [null, 'ALREADY_EXISTS'],
        'two groups',
      )
    },
  })),
  {
    id: 'UE-PROFILE-001/one-by-one',
    title: 'Sixteen writers of one attribute at once, by two processes: one value, and no write is lost',
    incidents: ['Keycloak #15788', 'Keycloak #10463', 'Keycloak #40929'],
    profile: 'engine',
    async run(ctx) {
      const world = await createWorld(ctx)
      const desks = [world, world.on(await ctx.second())]
      const { userId } = await world.provision()
      const definitions = { attributes: [{ name: 'title' }] }
      const { catalog } = await world.tenant.draftCatalog({ key: 'profile', definitions })
      await world.tenant.publishCatalog({ catalogId: catalog.id })
      const versions: number[] = []
      await ctx.race(16, async (index, meet) => {
        await meet()
        const values = { 'profile:title': `title-${index}` }
        const session = desks[index % 2]?.tenant ?? world.tenant
        const { answer } = await outcomeOf(session.setProfileValues({ userId, values, source: 'kit' }))
        versions.push(...(answer?.values ?? []).map(({ version }) => version))
      })
      const expected = Array.from({ length: 16 }, (_, index) => index + 1)
      ctx.equal(
        'UE-PROFILE-001',
        versions.toSorted((a, b) => a - b),
        expected,
        'versions that were written',
      )
      const { attributes } = await world.tenant.explainProfile({ userId })
      ctx.equal('UE-PROFILE-001', attributes.length, 1, 'values that there are')
    },
  },
]
