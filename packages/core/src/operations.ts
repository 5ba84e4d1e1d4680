import type { Makers } from '@user-engine/store'
import type { z } from 'zod'

import { accountCommands, accountQueries } from './accounts.ts'
import { applicationBindingCommands, applicationBindingQueries } from './application-bindings.ts'
import { applicationCommands, applicationQueries } from './applications.ts'
import { attributeCatalogCommands, attributeCatalogQueries } from './attribute-catalogs.ts'
import { auditQueries } from './audit.ts'
import type { AnyCommand, AnyQuery, CommandInput } from './command.ts'
import { diagnosticsQueries } from './diagnostics.ts'
import { externalIdentityCommands, externalIdentityQueries } from './external-identities.ts'
import { groupCommands, groupQueries } from './groups.ts'
import { parseFields } from './input.ts'
import { membershipCommands, membershipQueries } from './memberships.ts'
import { outboxQueries } from './outbox.ts'
import { profileValueCommands, profileValueQueries } from './profile-values.ts'
import { observedOperation } from './telemetry.ts'
import { tenantAccountCommands, tenantAccountQueries } from './tenant-accounts.ts'
import { tenantCommands, tenantQueries } from './tenants.ts'
import type { Commands, Queries } from './user-engine-service.ts'
import { userCommands, userQueries } from './users.ts'

const COMMANDS = {
  ...tenantCommands,
  ...userCommands,
  ...accountCommands,
  ...externalIdentityCommands,
  ...tenantAccountCommands,
  ...groupCommands,
  ...membershipCommands,
  ...applicationCommands,
  ...applicationBindingCommands,
  ...attributeCatalogCommands,
  ...profileValueCommands,
}

const QUERIES = {
  ...tenantQueries,
  ...userQueries,
  ...accountQueries,
  ...externalIdentityQueries,
  ...tenantAccountQueries,
  ...groupQueries,
  ...membershipQueries,
  ...applicationQueries,
  ...applicationBindingQueries,
  ...attributeCatalogQueries,
  ...profileValueQueries,
  ...auditQueries,
  ...outboxQueries,
  ...diagnosticsQueries,
}

/** By what the policy calls them. */
export const OPERATIONS: ReadonlyMap<string, AnyCommand | AnyQuery> = new Map(
  [...Object.values(QUERIES), ...Object.values(COMMANDS)].map((operation) => [operation.action, operation]),
)

/** How an operation gets its answer: in a transaction of its own, or in the one of a composition. */
export interface Runner {
  readonly tenantId: string | null
  command(command: AnyCommand, input: CommandInput): Promise<unknown>
  query(query: AnyQuery, input: object): Promise<unknown>
}

/** What an operation is made of. */
export interface Running {
  readonly runner: Runner
}

const byCommand =
  (command: AnyCommand) =>
  ({ runner }: Running) =>
  (given: unknown) =>
    observedOperation(command.action, runner.tenantId, async () =>
      runner.command(command, parseFields<CommandInput>(command.schema as z.ZodType<CommandInput>, given)),
    )

const byQuery =
  (query: AnyQuery) =>
  ({ runner }: Running) =>
  (given: unknown = {}) =>
    observedOperation(query.action, runner.tenantId, async () =>
      runner.query(query, parseFields<object>(query.schema as z.ZodType<object>, given)),
    )

const entriesOf = <Operation>(table: Readonly<Record<string, Operation>>) => Object.entries(table)

/** Each operation of the tables as a function of its input. */
export const operationMakers = Object.fromEntries([
  ...entriesOf<AnyCommand>(COMMANDS).map(([name, command]) => [name, byCommand(command)] as const),
  ...entriesOf<AnyQuery>(QUERIES).map(([name, query]) => [name, byQuery(query)] as const),
  // The tables are the types: Commands and Queries are mapped from them.
]) as unknown as Makers<Commands & Queries, Running>
