import { scopeIds, type Scope, type StoreTransaction } from '@user-engine/store'

import type { Access } from './access.ts'
import { createAccountRepository } from './accounts.ts'
import { createApplicationBindingRepository } from './application-bindings.ts'
import { createApplicationRepository } from './applications.ts'
import { createAttributeCatalogRepository } from './attribute-catalogs.ts'
import { createAuditLog } from './audit.ts'
import type { Change } from './changes.ts'
import { countRecords } from './diagnostics.ts'
import { createExternalIdentityRepository } from './external-identities.ts'
import { carryOut, createFrame, end, keep, undo, type Frame } from './frames.ts'
import { createGroupRepository } from './groups.ts'
import { createIdempotencyLog } from './idempotency.ts'
import { isolate } from './isolate.ts'
import type { Layer } from './layers.ts'
import type { LockTable } from './locks.ts'
import { createMembershipRepository } from './memberships.ts'
import { createOutbox } from './outbox.ts'
import { createProfileValueRepository } from './profile-values.ts'
import type { DenialRows, Rows, TableName } from './tables.ts'
import { createTenantAccountRepository } from './tenant-accounts.ts'
import { createTenantRepository } from './tenants.ts'
import { createUserRepository } from './users.ts'

/** What all transactions of a store share. */
export interface Shared {
  /** All that is committed. */
  readonly base: Layer
  readonly denials: DenialRows
  readonly locks: LockTable
  readonly writes: 'eager' | 'deferred'
  /** Of the outbox, by the store's clock. */
  readonly epoch: { beganAt: number }
  now(): number
}

type Work<Result> = (tx: StoreTransaction) => Promise<Result>
type Call<Answer> = () => Answer | Promise<Answer>

export async function runTransaction<Result>(
  shared: Shared,
  scope: Scope,
  work: Work<Result>,
): Promise<Result> {
  const scopes = scopeIds(scope)
  const bound = Object.freeze({ ...scope })
  const { base, locks } = shared
  let last: Promise<unknown> = Promise.resolve()

  /** Calls are carried out one after the other, in the order in which they were made. The first failure is final. */
  function queue<Answer>(frame: Frame, call: Call<Answer>): Promise<Answer> {
    const answer = last.then(() => {
      if (frame.lost !== null) throw frame.lost
      return call()
    })
    // This also covers a call that nobody awaits: its failure is not forgotten, it is the transaction's.
    last = answer.catch((error: unknown) => {
      frame.lost ??= error as Error
    })
    return answer
  }

  function misuseOf(frame: Frame): TypeError | null {
    if (!frame.open) {
      return new TypeError('The transaction has ended: use it only inside of its work, and await it.')
    }
    if (frame.child === null) return null
    const misuse = new TypeError('A nested transaction is open: use that one, or await it first.')
    frame.lost ??= misuse
    return misuse
  }

  function call<Answer>(frame: Frame, carried: Call<Answer>): Promise<Answer> {
    const misuse = misuseOf(frame)
    return misuse === null ? queue(frame, carried) : Promise.reject(misuse)
  }

  /** Runs `enclosed` in the frame and settles it: all that it did is kept, or nothing of it. */
  async function settle<Answer>(frame: Frame, enclosed: Work<Answer>): Promise<Answer> {
    try {
      const answer = await enclosed(createTransaction(frame))
      if (frame.child !== null) throw new TypeError('A nested transaction was not awaited.')
      end(frame, null)
      await queue(frame, async () => {
        await carryOut(frame, locks)
        keep(frame, base, locks)
      })
      return answer
    } catch (error) {
      end(frame, error instanceof Error ? error : null)
      await last
      undo(frame, locks)
      throw error
    }
  }

  function nest<Answer>(parent: Frame, enclosed: Work<Answer>): Promise<Answer> {
    const misuse = misuseOf(parent)
    if (misuse !== null) return Promise.reject(misuse)
    const child = createFrame(base, parent)
    parent.child = child
    // What is pending outside is carried out first: undoing the nested part must not undo it.
    const answer = queue(parent, () => carryOut(parent, locks))
      .then(() => settle(child, enclosed))
      .finally(() => {
        if (parent.child === child) parent.child = null
      })
    child.answer = answer
    return answer
  }

  function createAccess(frame: Frame): Access {
    return {
      scope: bound,
      scopes,
      denials: shared.denials,
      now: () => shared.now(),
      read: (query) =>
        call(frame, async () => {
          await carryOut(frame, locks)
          return isolate(query(frame.view))
        }),
      readByKey: (table, keys) => call(frame, () => isolate(findOwnOrStored(frame, table, keys))),
      write: (make) => {
        const made = attempt(make)
        return call(frame, async () => {
          frame.pending.push(made())
          if (shared.writes === 'eager') await carryOut(frame, locks)
        })
      },
    }
  }

  function createTransaction(frame: Frame): StoreTransaction {
    const access = createAccess(frame)
    return Object.freeze({
      scope: bound,
      tenants: createTenantRepository(access),
      users: createUserRepository(access),
      accounts: createAccountRepository(access),
      externalIdentities: createExternalIdentityRepository(access),
      tenantAccounts: createTenantAccountRepository(access),
      groups: createGroupRepository(access),
      memberships: createMembershipRepository(access),
      applications: createApplicationRepository(access),
      applicationBindings: createApplicationBindingRepository(access),
      attributeCatalogs: createAttributeCatalogRepository(access),
      profileValues: createProfileValueRepository(access),
      audit: createAuditLog(access),
      outbox: createOutbox(access),
      idempotency: createIdempotencyLog(access),
      recordCounts: () => access.read((view) => countRecords(view, access)),
      nested: <Answer>(enclosed: Work<Answer>) => nest(frame, enclosed),
    })
  }

  return settle(createFrame(base, null), work)
}

/** Makes it now, from the caller's objects as they are now; what it throws is thrown when it is asked for. */
function attempt(make: () => Change): () => Change {
  try {
    const change = make()
    return () => change
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function findOwnOrStored<Name extends TableName>(
  frame: Frame,
  table: Name,
  keys: readonly string[],
): Rows[Name] | null {
  for (const key of keys) {
    const own = frame.pending.findLast((one) => one.row !== null && one.table === table && one.key === key)
    const row = own === undefined ? frame.view.find(table, key) : (own.row as Rows[Name])
    if (row !== null) return row
  }
  return null
}
