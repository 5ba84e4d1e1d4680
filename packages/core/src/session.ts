import { defineFacade, directoryScope, isUuid, type StoreTransaction, type Target } from '@user-engine/store'
import { z } from 'zod'

import type { AnyCommand, AnyQuery, CommandInput } from './command.ts'
import type { ParsedContext } from './context.ts'
import { fromStoreError, isUserEngineError } from './errors.ts'
import { canonicalJson, requestOf } from './idempotency.ts'
import { createImportUsers } from './import-users.ts'
import { parseFields, parseInput } from './input.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { operationMakers, OPERATIONS, type Runner, type Running } from './operations.ts'
import { createResolveOrProvision, type SignInParts } from './resolve-or-provision.ts'
import { carryOut, inTransaction, permit, scopeOf, type Engine } from './unit-of-work.ts'
import type { Commands, Queries, Session, UnitOfWork } from './user-engine-service.ts'

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

interface SessionParts extends Running {
  readonly engine: Engine
  /** What decides, decides on the newest state. */
  readonly newest: ParsedContext
}

const operationsFor = defineFacade<Commands & Queries, Running>(operationMakers)

/** A server makes one for each request, which calls one or two of its many operations. */
const sessionFor = defineFacade<Session, SessionParts>({
  ...operationMakers,
  resolveOrProvision({ engine, newest }) {
    const operations = operationsFor({ runner: createRunner(engine, newest) })
    return createResolveOrProvision(operations, (each) => each(operations), engine.attempts)
  },
  importUsers: ({ engine, newest }) => createImportUsers(engine, newest),
  transaction: ({ engine, newest }) => createTransaction(engine, newest),
})

export function createSession(engine: Engine, context: ParsedContext): Session {
  const newest = context.readAfter === undefined ? context : { ...context, readAfter: undefined }
  return sessionFor({ engine, newest, runner: createRunner(engine, context) })
}

/** Whether a command is first decided on what it supposes: of a tenant that refused a moment ago, nothing. */
function mayBeSupposed(
  { refusing }: Engine,
  { tenantId }: ParsedContext,
  { suppose, guardsTenant }: AnyCommand,
  { expectedVersion }: CommandInput,
): boolean {
  const isAll = suppose !== undefined && expectedVersion === undefined
  return (isAll || (guardsTenant === true && tenantId !== null)) && !refusing.has(tenantId)
}

function noteRefusal({ refusing }: Engine, { tenantId }: ParsedContext, error: unknown): void {
  const refused = isUserEngineError(error, 'INVALID_STATE') || isUserEngineError(error, 'NOT_FOUND')
  if (refused && error.details.kind === 'tenant' && tenantId !== null) refusing.add(tenantId)
}

/** Each operation in a transaction of its own. */
function createRunner(engine: Engine, context: ParsedContext): Runner {
  return {
    tenantId: context.tenantId,
    async command(command, input) {
      const scope = scopeOf(command, context)
      const ledger = createLedger()
      const request = requestOf(command, input, context)
      const step = () => ledger.step(request, input.idempotencyKey)
      await permit(engine, context, command, command.target(input as never), step())
      return inTransaction(
        engine,
        scope,
        ledger,
        (tx, attempt) => carryOut(engine, context, tx, command, input, step(), attempt === 0),
        { supposes: mayBeSupposed(engine, context, command, input) },
      ).catch((error: unknown) => {
        noteRefusal(engine, context, error)
        throw error
      })
    },
    async query(query, input) {
      const scope = scopeOf(query, context)
      const ledger = createLedger()
      const attempt = { denialId: null, denialIsDurable: false }
      await permit(engine, context, query, query.target(input as never, context), attempt)
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
}

function createTransaction(engine: Engine, context: ParsedContext): Session['transaction'] {
  return async (work, options = {}) => {
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
  }
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
    tenantId: context.tenantId,
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
  const nested: UnitOfWork['nested'] = async (work) => {
    parseInput(workSchema, work)
    const inner = tx.nested((each) => work(createUnit(engine, context, each, ledger, permitted)))
    return inEngineWords(ledger, inner)
  }
  return unitFor({ runner, nested })
}

interface UnitParts extends Running, Pick<UnitOfWork, 'nested'> {}

const unitFor = defineFacade<UnitOfWork, UnitParts>({
  ...operationMakers,
  nested: ({ nested }) => nested,
  resolveOrProvision({ runner, nested }) {
    const apart = <Result>(work: (parts: SignInParts) => Promise<Result>) => nested(work)
    return createResolveOrProvision(operationsFor({ runner }), apart, 1)
  },
})

async function inEngineWords<Result>(ledger: Ledger, work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw fromStoreError(error, ledger.keys())
  })
}
