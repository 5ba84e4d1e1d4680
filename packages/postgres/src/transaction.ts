import {
  scopeIds,
  StoreError,
  type RecordKind,
  type Scope,
  type ScopeId,
  type StoreTransaction,
} from '@user-engine/store'

import { createAccountRepository } from './accounts.ts'
import { createAuditLog } from './audit.ts'
import { BatchError } from './batch-error.ts'
import type { Row, Statement } from './batch.ts'
import { exchange, rollBack, takeWrites } from './exchange.ts'
import { createExternalIdentityRepository } from './external-identities.ts'
import { flushSteps } from './flush.ts'
import { assertKept, assertUsable, chainOf, createFrame, createRoot, type Frame } from './frame.ts'
import { createIdempotencyLog } from './idempotency.ts'
import { TABLES } from './locks.ts'
import { createOutbox } from './outbox.ts'
import type { PurposePool } from './pool.ts'
import type { Access, TableName } from './reads.ts'
import { countRecords } from './record-counts.ts'
import { bindScope } from './scope.ts'
import { batchFailure } from './batch-failure.ts'
import { control } from './template.ts'
import { createTenantAccountRepository } from './tenant-accounts.ts'
import { createTenantRepository } from './tenants.ts'
import { createUserRepository } from './users.ts'
import { bufferedIn, isEmpty, type WriteBuffer } from './write-buffer.ts'

/**
 * Runs work in a transaction. It stays flat while it can: reads of one turn travel as one batch, writes wait and are sent
 * with the commit as one batch, and no connection is held in between. A read that depends on unsent writes, or the end of
 * a nested transaction that has some, makes it an explicit transaction on a connection of its own.
 */
export async function runTransaction<Result>(
  pool: PurposePool,
  scope: Scope,
  work: (tx: StoreTransaction) => Promise<Result>,
): Promise<Result> {
  const scopes = scopeIds(scope)
  const root = createRoot(pool, bindScope(scopes))
  const frame = createFrame(root, null)
  try {
    const result = await work(createTransaction(frame, scope, scopes))
    await settled(frame)
    await commit(frame)
    return result
  } finally {
    frame.ended = true
    await rollBack(root)
  }
}

function createTransaction(frame: Frame, scope: Scope, scopes: readonly ScopeId[]): StoreTransaction {
  const { buffer } = frame
  const access: Access = {
    scopes,
    tenantId: scope.tenantId,
    buffered: bufferedIn(
      chainOf(frame)
        .toReversed()
        .map((each) => each.buffer),
    ),
    read(statement, over) {
      assertUsable(frame)
      const reading = enqueue(frame, statement, over)
      frame.inFlight.add(reading)
      reading.then(
        () => frame.inFlight.delete(reading),
        () => frame.inFlight.delete(reading),
      )
      return reading
    },
    assertUsable: () => assertUsable(frame),
    assertWritable(scopeId: ScopeId, kind: RecordKind | null) {
      assertUsable(frame)
      if (!scopes.includes(scopeId)) throw new StoreError('TENANT_BOUNDARY', { kind })
    },
  }
  return Object.freeze<StoreTransaction>({
    scope,
    tenants: createTenantRepository(access, buffer),
    users: createUserRepository(access, buffer),
    accounts: createAccountRepository(access, buffer),
    externalIdentities: createExternalIdentityRepository(access, buffer),
    tenantAccounts: createTenantAccountRepository(access, buffer),
    audit: createAuditLog(access, buffer),
    outbox: createOutbox(access, buffer),
    idempotency: createIdempotencyLog(access, buffer),
    recordCounts: () => countRecords(access),
    nested: (work) => runNested(frame, scope, scopes, work),
  })
}

async function runNested<Result>(
  parent: Frame,
  scope: Scope,
  scopes: readonly ScopeId[],
  work: (tx: StoreTransaction) => Promise<Result>,
): Promise<Result> {
  assertUsable(parent)
  const frame = createFrame(parent.root, parent)
  parent.child = frame
  let kept = false
  try {
    const result = await work(createTransaction(frame, scope, scopes))
    await settled(frame)
    await keepNested(frame)
    kept = true
    return result
  } finally {
    frame.ended = true
    parent.child = null
    if (!kept) await undoNested(frame)
  }
}

/** Waits for reads that nobody awaited, and refuses an end while a nested transaction is open. */
async function settled(frame: Frame): Promise<void> {
  await Promise.allSettled(frame.inFlight)
  if (frame.child !== null)
    throw new TypeError('The transaction ended while a nested one was open: await it.')
  assertKept(frame)
}

async function keepNested(frame: Frame): Promise<void> {
  const release = control(`release savepoint ue_${frame.depth}`)
  if (!isEmpty(frame.buffer)) await exchange(frame, [{ statement: release, unmet: null }])
  else if (frame.savepoint) frame.root.ahead.push(release)
}

async function undoNested({ root, depth, savepoint }: Frame): Promise<void> {
  await root.turn
  if (!savepoint) return
  root.ahead.push(control(`rollback to savepoint ue_${depth}`), control(`release savepoint ue_${depth}`))
}

async function commit(frame: Frame): Promise<void> {
  const { root } = frame
  if (root.client !== null) {
    await exchange(frame, [{ statement: control('commit'), unmet: null }], true)
    root.client.release()
    root.client = null
    return
  }
  if (isEmpty(frame.buffer)) return
  const steps = flushSteps(takeWrites(frame))
  try {
    await root.pool.run([root.bind, ...steps.map(({ statement }) => statement)])
  } catch (error) {
    const failed = error instanceof BatchError ? steps[error.index - 1] : undefined
    throw batchFailure(error, true, failed?.unmet ?? null)
  }
}

/** Reads of one turn of the event loop are sent as one batch. */
function enqueue(frame: Frame, statement: Statement, over: readonly TableName[]): Promise<readonly Row[]> {
  const { root } = frame
  const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>()
  root.reads.push({ frame, statement, over, resolve, reject })
  if (root.reads.length === 1) queueMicrotask(() => void sendReads(frame))
  return promise
}

async function sendReads({ root }: Frame): Promise<void> {
  const reads = root.reads.splice(0)
  const innermost = reads.at(-1)?.frame
  if (innermost === undefined) return
  const statements = reads.map(({ statement }) => statement)
  const explicit = root.client !== null || reads.some(({ frame, over }) => dependsOnUnsent(frame, over))
  try {
    const results = explicit
      ? await exchange(
          innermost,
          statements.map((statement) => ({ statement, unmet: null })),
        )
      : (await root.pool.run([root.bind, ...statements])).results.slice(1)
    for (const [index, { resolve }] of reads.entries()) resolve(results[index]?.rows ?? [])
  } catch (error) {
    const meaning = batchFailure(error, false)
    for (const { reject } of reads) reject(meaning)
  }
}

function dependsOnUnsent(frame: Frame, over: readonly TableName[]): boolean {
  return chainOf(frame).some(({ buffer }) => over.some((table) => writesTo(buffer, table)))
}

function writesTo({ records, audit, events, answers }: WriteBuffer, table: TableName): boolean {
  if (table === 'audit_records') return audit.length > 0
  if (table === 'outbox_events') return events.length > 0
  if (table === 'idempotency_records') return answers.size > 0
  return [...records.values()].some(({ kind }) => TABLES[kind] === table)
}
