import {
  defineFacade,
  scopeIds,
  StoreError,
  withoutWrites,
  type ReplicaReads,
  type Scope,
  type ScopeId,
  type StoreTransaction,
} from '@user-engine/store'

import { createAccountRepository } from './accounts.ts'
import { createApplicationBindingRepository } from './application-bindings.ts'
import { createApplicationRepository } from './applications.ts'
import { createAttributeCatalogRepository } from './attribute-catalogs.ts'
import { createAuditLog } from './audit.ts'
import { BatchError } from './batch-error.ts'
import { batchFailure } from './batch-failure.ts'
import { close, commitFlat, exchange } from './exchange.ts'
import { createExternalIdentityRepository } from './external-identities.ts'
import { flushSteps } from './flush.ts'
import {
  assertKept,
  assertUsable,
  callIn,
  chainOf,
  createFrame,
  createRoot,
  doIn,
  endWork,
  settleCalls,
  type Aside,
  type Frame,
} from './frame.ts'
import { createGroupRepository } from './groups.ts'
import { createIdempotencyLog } from './idempotency.ts'
import { createMembershipRepository } from './memberships.ts'
import { createOutbox } from './outbox.ts'
import type { PurposePool } from './pool.ts'
import { createProfileValueRepository } from './profile-values.ts'
import { readInBatch } from './read-batch.ts'
import type { Access } from './reads.ts'
import { countRecords } from './record-counts.ts'
import type { Replica } from './replica.ts'
import type { Entrance } from './scope.ts'
import { control } from './template.ts'
import { createTenantAccountRepository } from './tenant-accounts.ts'
import { createTenantRepository } from './tenants.ts'
import { createUserRepository } from './users.ts'
import { bufferedIn, isEmpty } from './write-buffer.ts'

type Work<Result> = (tx: StoreTransaction) => Promise<Result>

/** What a transaction and all that are nested in it may see. */
interface Bound {
  readonly scope: Scope
  readonly scopes: readonly ScopeId[]
}

/** Of a transaction that only reads: `replica` is null where there is none. */
export interface Reading extends ReplicaReads {
  readonly replica: Replica | null
  /** On the replica: its schema may be another one than the primary's. */
  readonly enter: (scopes: readonly ScopeId[]) => Entrance
}

function asideOf({ replica, after, enter }: Reading, scopes: readonly ScopeId[]): Aside | null {
  return replica === null ? null : { replica, after, entrance: enter(scopes) }
}

/**
 * Runs work in a transaction. It stays flat while it can: reads of one turn travel as one batch, writes wait and are sent
 * with the commit as one batch, and no connection is held in between. A read that depends on unsent writes, or the end of
 * a nested transaction that has some, makes it an explicit transaction on a connection of its own.
 */
export async function runTransaction<Result>(
  pool: PurposePool,
  enter: (scopes: readonly ScopeId[]) => Entrance,
  scope: Scope,
  work: Work<Result>,
  reading: Reading | null = null,
): Promise<Result> {
  const bound = { scope: Object.freeze({ ...scope }), scopes: scopeIds(scope) }
  const aside = reading === null ? null : asideOf(reading, bound.scopes)
  const root = createRoot(pool, enter(bound.scopes), aside)
  const frame = createFrame(root, null)
  try {
    const tx = createTransaction(frame, bound)
    const result = await work(reading === null ? tx : withoutWrites(tx))
    await endWork(frame)
    await commit(frame)
    return result
  } finally {
    frame.ended = true
    await settleCalls(frame)
    await close(root)
  }
}

function createTransaction(frame: Frame, bound: Bound): StoreTransaction {
  const { scope, scopes } = bound
  const innermostFirst = chainOf(frame).toReversed()
  const access: Access = {
    scopes,
    tenantId: scope.tenantId,
    buffer: frame.buffer,
    buffered: bufferedIn(innermostFirst.map(({ buffer }) => buffer)),
    call: (work) => callIn(frame, work),
    read: (statement, over) => readInBatch(frame, statement, over, true),
    scan: (statement, over) => readInBatch(frame, statement, over, false),
    write: (scopeId, kind, change) =>
      doIn(frame, () => {
        if (!scopes.includes(scopeId)) throw new StoreError('TENANT_BOUNDARY', { kind })
        change()
      }),
  }
  return transactionOf({ frame, bound, access })
}

interface Parts {
  readonly frame: Frame
  readonly bound: Bound
  readonly access: Access
}

/** A transaction uses one or two of its repositories. */
const transactionOf = defineFacade<StoreTransaction, Parts>({
  scope: ({ bound }) => bound.scope,
  tenants: ({ access }) => createTenantRepository(access),
  users: ({ access }) => createUserRepository(access),
  accounts: ({ access }) => createAccountRepository(access),
  externalIdentities: ({ access }) => createExternalIdentityRepository(access),
  tenantAccounts: ({ access }) => createTenantAccountRepository(access),
  groups: ({ access }) => createGroupRepository(access),
  memberships: ({ access }) => createMembershipRepository(access),
  applications: ({ access }) => createApplicationRepository(access),
  applicationBindings: ({ access }) => createApplicationBindingRepository(access),
  attributeCatalogs: ({ access }) => createAttributeCatalogRepository(access),
  profileValues: ({ access }) => createProfileValueRepository(access),
  audit: ({ access }) => createAuditLog(access),
  outbox: ({ access }) => createOutbox(access),
  idempotency: ({ access }) => createIdempotencyLog(access),
  recordCounts:
    ({ access }) =>
    () =>
      countRecords(access),
  nested: ({ frame, bound }) => {
    return <Result>(work: Work<Result>) => {
      const running = runNested(frame, bound, work)
      // One that nobody awaits is told by the end of this one.
      running.catch(() => {})
      return running
    }
  },
})

async function runNested<Result>(parent: Frame, bound: Bound, work: Work<Result>): Promise<Result> {
  assertUsable(parent)
  const frame = createFrame(parent.root, parent)
  parent.child = frame
  let kept = false
  try {
    // What was read around it before must not see what it writes.
    await settleCalls(parent)
    assertKept(frame)
    const result = await work(createTransaction(frame, bound))
    await endWork(frame)
    await keepNested(frame)
    kept = true
    return result
  } finally {
    frame.ended = true
    await settleCalls(frame)
    if (!kept) await undoNested(frame)
    parent.child = null
  }
}

async function keepNested(frame: Frame): Promise<void> {
  const release = control(`release savepoint ue_${frame.depth}`)
  if (!isEmpty(frame.buffer)) await exchange(frame, [{ statement: release, unmet: null }])
  else if (frame.savepoint) frame.root.ahead.push(release)
}

async function undoNested(frame: Frame): Promise<void> {
  const { root, depth } = frame
  await root.turn
  if (!frame.savepoint) return
  // What is left open in it is undone with it, and its savepoint gone.
  for (let each: Frame | null = frame; each !== null; each = each.child) each.savepoint = false
  root.ahead.push(control(`rollback to savepoint ue_${depth}`), control(`release savepoint ue_${depth}`))
}

async function commit(frame: Frame): Promise<void> {
  const { root } = frame
  if (root.client !== null) {
    await exchange(frame, [{ statement: control('commit'), unmet: null }], true)
    return
  }
  if (isEmpty(frame.buffer)) return
  const steps = flushSteps(frame.buffer, root.entrance.forms)
  try {
    await commitFlat(
      root,
      steps.map(({ statement }) => statement),
    )
  } catch (error) {
    const failed = error instanceof BatchError ? steps[error.index - 1] : undefined
    throw batchFailure(error, true, failed?.unmet ?? null)
  }
}
