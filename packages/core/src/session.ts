import { directoryScope, isUuid, type StoreTransaction, type Target } from '@user-engine/store'
import { z } from 'zod'

import { accountCommands, accountQueries } from './accounts.ts'
import { applicationBindingCommands, applicationBindingQueries } from './application-bindings.ts'
import { applicationCommands, applicationQueries } from './applications.ts'
import { attributeCatalogCommands, attributeCatalogQueries } from './attribute-catalogs.ts'
import { auditQueries } from './audit.ts'
import type { AnyCommand, AnyQuery, CommandInput } from './command.ts'
import type { ParsedContext } from './context.ts'
import { diagnosticsQueries } from './diagnostics.ts'
import { fromStoreError } from './errors.ts'
import { externalIdentityCommands, externalIdentityQueries } from './external-identities.ts'
import { groupCommands, groupQueries } from './groups.ts'
import { canonicalJson, requestOf } from './idempotency.ts'
import { createImportUsers } from './import-users.ts'
import { parseFields, parseInput } from './input.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { membershipCommands, membershipQueries } from './memberships.ts'
import { outboxQueries } from './outbox.ts'
import { profileValueCommands, profileValueQueries } from './profile-values.ts'
import { createResolveOrProvision, type SignInParts } from './resolve-or-provision.ts'
import { observedOperation } from './telemetry.ts'
import { tenantAccountCommands, tenantAccountQueries } from './tenant-accounts.ts'
import { tenantCommands, tenantQueries } from './tenants.ts'
import { carryOut, inTransaction, permit, scopeOf, type Engine } from './unit-of-work.ts'
import type { Commands, Queries, Session, UnitOfWork } from './user-engine-service.ts'
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

const OPERATIONS: ReadonlyMap<string, AnyCommand | AnyQuery> = new Map(
  [...Object.values(QUERIES), ...Object.values(COMMANDS)].map((operation) => [operation.action, operation]),
)

const workSchema = z.custom<(unit: UnitOfWork) => Promise<unknown>>((value) => typeof value === 'function', {
  params: { rule: 'not_a_function' },
})
const aheadSchema = z.strictObject({
  authorize: z
    .array(
      z.strictObject({
        action: z.string().refine((action) => OPERATIONS.has(action), { params: { rule: 'unknown_action' } }),
        target: z.strictObject({
          kind: z.enum([
            'tenant',
            'user',
            'account',
            'external_identity',
            'tenant_account',
            'group',
            'membership',
            'application',
            'application_binding',
            'attribute_catalog',
            'profile_value',
          ]),
          id: z
            .string()
            .refine(isUuid, { params: { rule: 'not_a_uuid' } })
            .nullable(),
        }),
      }),
    )
    .max(1000)
    .default([]),
})

/** How an operation gets its answer: in a transaction of its own, or in the one of a composition. */
interface Runner {
  command(command: AnyCommand, input: CommandInput): Promise<unknown>
  query(query: AnyQuery, input: object): Promise<unknown>
}

export function createSession(engine: Engine, context: ParsedContext): Session {
  const runner: Runner = {
    async command(command, input) {
      const scope = scopeOf(command, context)
      const ledger = createLedger()
      const request = requestOf(command, input, context)
      const step = () => ledger.step(request, input.idempotencyKey)
      await permit(engine, context, command, command.target(input as never), step())
      const recalled = engine.tenants.recall(command, context)
      return inTransaction(
        engine,
        scope,
        ledger,
        (tx, attempt) =>
          carryOut(engine, context, tx, command, input, step(), attempt === 0 ? recalled : null),
        { recalls: recalled !== null },
      )
    },
    async query(query, input) {
      const scope = scopeOf(query, context)
      const ledger = createLedger()
      await permit(engine, context, query, query.target(input as never, context), ledger.step('', undefined))
      const { readAfter: after } = context
      return inTransaction(
        engine,
        scope,
        ledger,
        (tx) => query.read(tx, input as never, context, engine.catalogs),
        after === undefined ? {} : { reads: { after } },
      )
    },
  }
  const operations = bind(runner, context)
  if (context.readAfter !== undefined) {
    // What decides, decides on the newest state.
    const newest = createSession(engine, { ...context, readAfter: undefined })
    return Object.freeze<Session>(Object.assign({ ...newest }, operations))
  }
  const others: Omit<Session, keyof typeof operations> = {
    resolveOrProvision: createResolveOrProvision(operations, (each) => each(operations), engine.attempts),
    importUsers: createImportUsers(engine, context),
    async transaction(work, options = {}) {
      parseInput(workSchema, work)
      const ahead = parseFields<z.output<typeof aheadSchema>>(aheadSchema, options)
      const ledger = createLedger()
      const permitted = new Set<string>()
      for (const { action, target } of ahead.authorize) {
        const question = questionOf(action, target)
        const operation = OPERATIONS.get(action) ?? { action, home: 'context' }
        await permit(engine, context, operation, target, ledger.step(question, undefined))
        permitted.add(question)
      }
      return inTransaction(engine, directoryScope(context.tenantId), ledger, (tx) =>
        work(createUnit(engine, context, tx, ledger, permitted)),
      )
    },
  }
  return Object.freeze<Session>(Object.assign(operations, others))
}

function questionOf(action: string, { kind, id }: Target): string {
  return canonicalJson({ action, kind, id })
}

function createUnit(
  engine: Engine,
  context: ParsedContext,
  tx: StoreTransaction,
  ledger: Ledger,
  permitted: ReadonlySet<string>,
): UnitOfWork {
  const ask = async (operation: AnyCommand | AnyQuery, target: Target, request: string, key?: string) => {
    const step = ledger.step(request, key)
    if (!permitted.has(questionOf(operation.action, target)))
      await permit(engine, context, operation, target, step)
    return step
  }
  const runner: Runner = {
    async command(command, input) {
      scopeOf(command, context)
      const request = requestOf(command, input, context)
      const step = await ask(command, command.target(input as never), request, input.idempotencyKey)
      return inEngineWords(ledger, carryOut(engine, context, tx, command, input, step))
    },
    async query(query, input) {
      scopeOf(query, context)
      const request = canonicalJson({ action: query.action, input })
      await ask(query, query.target(input as never, context), request)
      return inEngineWords(ledger, query.read(tx, input as never, context, engine.catalogs))
    },
  }
  const operations = bind(runner, context)
  const nested = async <Result>(work: (unit: UnitOfWork) => Promise<Result>) => {
    parseInput(workSchema, work)
    const inner = tx.nested((each) => work(createUnit(engine, context, each, ledger, permitted)))
    return inEngineWords(ledger, inner)
  }
  const apart = <Result>(work: (parts: SignInParts) => Promise<Result>) => nested(work)
  const resolveOrProvision = createResolveOrProvision(operations, apart, 1)
  return Object.freeze<UnitOfWork>(Object.assign(operations, { resolveOrProvision, nested }))
}

async function inEngineWords<Result>(ledger: Ledger, work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw fromStoreError(error, ledger.keys())
  })
}

const COMMAND_ENTRIES: readonly (readonly [string, AnyCommand])[] = Object.entries(COMMANDS)
const QUERY_ENTRIES: readonly (readonly [string, AnyQuery])[] = Object.entries(QUERIES)

/** Each operation of the tables as a function of its input. A server makes them anew for each request. */
function bind(runner: Runner, { tenantId }: ParsedContext): Commands & Queries {
  const operations: Record<string, (given: unknown) => Promise<unknown>> = {}
  for (const [name, command] of COMMAND_ENTRIES) {
    operations[name] = (given) =>
      observedOperation(command.action, tenantId, async () =>
        runner.command(command, parseFields<CommandInput>(command.schema as z.ZodType<CommandInput>, given)),
      )
  }
  for (const [name, query] of QUERY_ENTRIES) {
    operations[name] = (given = {}) =>
      observedOperation(query.action, tenantId, async () =>
        runner.query(query, parseFields<object>(query.schema as z.ZodType<object>, given)),
      )
  }
  // The tables are the types: Commands and Queries are mapped from them.
  return operations as unknown as Commands & Queries
}
