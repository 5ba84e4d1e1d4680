import { directoryScope, type StoreTransaction, type Target } from '@user-engine/store'

import { accountCommands, accountQueries } from './accounts.ts'
import { auditQueries } from './audit.ts'
import { scopeIdOf, type AnyCommand, type AnyQuery, type CommandInput } from './command.ts'
import type { ParsedContext } from './context.ts'
import { diagnosticsQueries } from './diagnostics.ts'
import { fromStoreError } from './errors.ts'
import { externalIdentityCommands, externalIdentityQueries } from './external-identities.ts'
import { canonicalJson, requestOf } from './idempotency.ts'
import { parseInput } from './input.ts'
import { outboxQueries } from './outbox.ts'
import { createResolveOrProvision } from './resolve-or-provision.ts'
import { tenantAccountCommands, tenantAccountQueries } from './tenant-accounts.ts'
import { tenantCommands, tenantQueries } from './tenants.ts'
import {
  carryOut,
  createLedger,
  inTransaction,
  permit,
  scopeOf,
  type Engine,
  type Ledger,
} from './unit-of-work.ts'
import type { Commands, Queries, Session, UnitOfWork } from './user-engine-service.ts'
import { userCommands, userQueries } from './users.ts'

const COMMANDS = {
  ...tenantCommands,
  ...userCommands,
  ...accountCommands,
  ...externalIdentityCommands,
  ...tenantAccountCommands,
}

const QUERIES = {
  ...tenantQueries,
  ...userQueries,
  ...accountQueries,
  ...externalIdentityQueries,
  ...tenantAccountQueries,
  ...auditQueries,
  ...outboxQueries,
  ...diagnosticsQueries,
}

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
      return inTransaction(engine, scope, ledger, (tx) =>
        carryOut(engine, context, tx, command, input, step()),
      )
    },
    async query(query, input) {
      const scope = scopeOf(query, context)
      const ledger = createLedger()
      await permit(engine, context, query, query.target(input as never, context), ledger.step('', undefined))
      return inTransaction(engine, scope, ledger, (tx) => query.read(tx, input as never, context))
    },
  }
  const operations = bind(runner)
  return Object.freeze({
    ...operations,
    resolveOrProvision: createResolveOrProvision(operations),
    async transaction<Result>(
      work: (unit: UnitOfWork) => Promise<Result>,
      options?: { readonly authorize?: readonly { readonly action: string; readonly target: Target }[] },
    ) {
      const ledger = createLedger()
      const permitted = new Set<string>()
      for (const { action, target } of options?.authorize ?? []) {
        const attempt = ledger.step(canonicalJson({ action, target }), undefined)
        await permit(engine, context, { action, home: 'context' }, target, attempt)
        permitted.add(canonicalJson({ action, target }))
      }
      return inTransaction(engine, directoryScope(context.tenantId), ledger, (tx) =>
        work(createUnit(engine, context, tx, ledger, permitted)),
      )
    },
  })
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
    const ahead = permitted.has(canonicalJson({ action: operation.action, target }))
    if (!ahead) await permit(engine, context, operation, target, step)
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
      return inEngineWords(ledger, query.read(tx, input as never, context))
    },
  }
  const operations = bind(runner)
  return Object.freeze({
    ...operations,
    resolveOrProvision: createResolveOrProvision(operations),
    nested: <Result>(work: (unit: UnitOfWork) => Promise<Result>) =>
      inEngineWords(
        ledger,
        tx.nested((inner) => work(createUnit(engine, context, inner, ledger, permitted))),
      ),
  })
}

async function inEngineWords<Result>(ledger: Ledger, work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw fromStoreError(error, ledger.keys())
  })
}

/** Each operation of the tables as a function of its input. */
function bind(runner: Runner): Commands & Queries {
  const commands = Object.entries(COMMANDS).map(([name, command]) => [
    name,
    async (given: unknown) => runner.command(command, parseInput<CommandInput>(command.schema, given)),
  ])
  const queries = Object.entries(QUERIES).map(([name, query]) => [
    name,
    async (given: unknown = {}) => runner.query(query, parseInput<object>(query.schema, given)),
  ])
  // The tables are the types: Commands and Queries are mapped from them.
  return Object.fromEntries([...commands, ...queries]) as Commands & Queries
}
