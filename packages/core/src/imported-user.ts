import {
  parseGroupId,
  type Group,
  type GroupId,
  type ProfileFacts,
  type RecordKind,
  type StoreTransaction,
  type Target,
  type Tenant,
  type TenantAccount,
  type User,
} from '@user-engine/store'
import { z } from 'zod'

import type { CompiledCatalog } from './attribute-validators.ts'
import {
  expectState,
  ownersOf,
  required,
  type AnyCommand,
  type Command,
  type Decision,
  type Facts,
} from './command.ts'
import type { CompiledCatalogs } from './compiled-catalogs.ts'
import type { ParsedContext } from './context.ts'
import { externalIdentityCommands } from './external-identities.ts'
import { identityFields } from './identity.ts'
import { id, text } from './input.ts'
import { membershipCommands, roles } from './memberships.ts'
import { profileMap } from './profile-input.ts'
import { profileValueCommands } from './profile-values.ts'
import { provisionFields, userCommands } from './users.ts'

const { provisionUser } = userCommands
const { linkIdentity } = externalIdentityCommands
const { setProfileValues } = profileValueCommands
const { addMembership } = membershipCommands

const identitySchema = z.strictObject(identityFields)

export const importedUserSchema = z.strictObject({
  /** Whoever has it already is left as they are. */
  identity: identitySchema,
  ...provisionFields,
  /** More identities of the user. */
  identities: z.array(identitySchema).max(100).default([]),
  /** As `setProfileValues` is given them. */
  profile: z.strictObject({ values: profileMap, source: text(128) }).optional(),
  memberships: z
    .array(z.strictObject({ groupId: id(parseGroupId), roles: roles.default([]) }))
    .max(100)
    .default([]),
})

export type ImportedUser = z.output<typeof importedUserSchema>

interface Question {
  readonly command: AnyCommand
  readonly target: Target
}

/** What is asked of the policy for all of these users: each action once, of a membership once for each group. */
export function questionsOf(users: readonly ImportedUser[]): readonly Question[] {
  const nobodyYet = { kind: 'user', id: null } as const
  const groups = new Set(users.flatMap(({ memberships }) => memberships.map(({ groupId }) => groupId)))
  return [
    { command: provisionUser, target: nobodyYet },
    ...(users.some(({ identities }) => identities.length > 0)
      ? [{ command: linkIdentity, target: nobodyYet }]
      : []),
    ...(users.some(({ profile }) => profile !== undefined)
      ? [{ command: setProfileValues, target: nobodyYet }]
      : []),
    ...[...groups].map((groupId) => ({
      command: addMembership,
      target: { kind: 'group', id: groupId } as const,
    })),
  ]
}

/** What new users are decided on. Of themselves there is nothing yet. */
export interface Surroundings {
  readonly tenant: Tenant | null
  readonly groups: ReadonlyMap<GroupId, Group | null>
  readonly profile: ProfileFacts
  readonly catalogs: readonly CompiledCatalog[]
}

export async function surroundingsOf(
  tx: StoreTransaction,
  users: readonly ImportedUser[],
  { tenantId }: ParsedContext,
  compiled: CompiledCatalogs,
): Promise<Surroundings> {
  const known = compiled.knownOf(ownersOf(tenantId, null))
  const groupIds = [...new Set(users.flatMap(({ memberships }) => memberships.map(({ groupId }) => groupId)))]
  const nobody = {
    userId: null,
    applicationId: null,
    knownCatalogIds: known.ids,
  }
  const [tenant, profile, ...groups] = await Promise.all([
    tenantId === null ? null : tx.tenants.find(tenantId),
    users.some((user) => user.profile !== undefined) ? tx.profileValues.facts(nobody) : NO_PROFILE,
    ...groupIds.map((groupId) => (tenantId === null ? null : tx.groups.find(groupId))),
  ])
  if (tenantId !== null) expectState(required(tenant, 'tenant'), 'tenant', ['active'], provisionUser.action)
  return {
    tenant,
    profile,
    groups: new Map(groupIds.map((groupId, index) => [groupId, groups[index] ?? null])),
    catalogs: known.compile(profile.catalogs),
  }
}

const NO_PROFILE: ProfileFacts = { application: null, binding: null, catalogs: [], values: [] }

/** A command that a user is imported by, decided. */
export interface Decided {
  readonly command: AnyCommand
  readonly target: Target
  readonly decision: Decision<unknown>
}

/** Decides as the commands do that would be called for a new user, one after the other; the first that refuses throws. */
export function decideUser(
  { identity, kind, accountState, tenantAccount, identities, profile, memberships }: ImportedUser,
  around: Surroundings,
  facts: Facts,
) {
  const { tenant, catalogs } = around
  const decided: Decided[] = []
  const decide = <Schema extends z.ZodType, Loaded, Result>(
    command: Command<Schema, Loaded, Result>,
    loaded: Loaded,
    input: z.output<Schema>,
  ) => {
    const decision = command.decide(loaded, input, { ...facts, action: command.action })
    decided.push({ command, target: command.target(input), decision })
    return decision
  }
  const { changes, result } = decide(provisionUser, tenant, { identity, kind, accountState, tenantAccount })
  const made = <Made>(what: RecordKind) =>
    (changes.find((change) => change.kind === what)?.after ?? null) as Made | null
  const user = required(made<User>('user'), 'user')
  const account = made<TenantAccount>('tenant_account')
  for (const each of identities) decide(linkIdentity, user, { ...each, userId: user.id })
  if (profile !== undefined) {
    const records = { user, tenant, tenantAccount: account, facts: around.profile, own: [], catalogs }
    decide(setProfileValues, records, { ...profile, userId: user.id })
  }
  for (const { groupId, roles: given } of memberships) {
    const tenantAccount = required(account, 'tenant_account')
    const group = around.groups.get(groupId) ?? null
    const records = { tenant, group, tenantAccount, membership: null }
    decide(addMembership, records, { groupId, tenantAccountId: tenantAccount.id, roles: given })
  }
  return { decided, userId: result.user.id, tenantAccountId: result.tenantAccount?.id ?? null }
}
