import { randomUUID } from 'node:crypto'

import { directoryScope, type CommandId } from '@user-engine/store'

import type { Facts } from './command.ts'
import type { ParsedContext } from './context.ts'
import { isUserEngineError, type UserEngineError } from './errors.ts'
import { canonicalJson, keyOf, replay } from './idempotency.ts'
import { identityScopeId } from './identity.ts'
import {
  decideUser,
  questionsOf,
  surroundingsOf,
  type Decided,
  type ImportedUser,
  type Surroundings,
} from './imported-user.ts'
import { createLedger } from './ledger.ts'
import { allOf, factsOf, inTransaction, permit, writesOf, type Engine } from './unit-of-work.ts'
import { userCommands } from './users.ts'

/** A user of the source, by its place there. */
export interface Placed {
  readonly index: number
  readonly user: ImportedUser
}

/** What became of one user of the source, by its place there, from 0. */
export type ImportOutcome = { readonly index: number } & (
  | { readonly outcome: 'created'; readonly userId: string; readonly tenantAccountId: string | null }
  /** Somebody had the identity; nothing of what was given has been written. */
  | { readonly outcome: 'existing'; readonly userId: string }
  /** As the command that makes such a user would have thrown it. Nothing of the user has been written. */
  | { readonly outcome: 'refused'; readonly error: UserEngineError }
)

/** The policy is asked once for a batch: what it is told of one user, it would be told of all. */
export async function permitBatch(engine: Engine, context: ParsedContext, batch: readonly Placed[]) {
  const ledger = createLedger()
  for (const { command, target } of questionsOf(batch.map(({ user }) => user))) {
    await permit(
      engine,
      context,
      command,
      target,
      ledger.step(canonicalJson([command.action, target]), undefined),
    )
  }
}

/**
 * Makes the users in one commit. Where that can't be, because of one of them, in several: those who are there are looked
 * up, and what is left is halved until the one stands alone that is refused. `key` is of the whole batch alone.
 */
export async function importBatch(
  engine: Engine,
  context: ParsedContext,
  batch: readonly Placed[],
  key?: string,
): Promise<readonly ImportOutcome[]> {
  const rest = (left: readonly Placed[]) => (left.length === 0 ? [] : importBatch(engine, context, left))
  try {
    const { outcomes, left } = await commit(engine, context, batch, key)
    return [...outcomes, ...(await rest(left))]
  } catch (error) {
    if (!isUserEngineError(error, 'IDENTITY_TAKEN') && !isUserEngineError(error, 'ALREADY_EXISTS'))
      throw error
    // Whatever was found taken first: of who is there, all is.
    const known = await lookUp(engine, context, batch)
    if (known.length > 0) {
      const there = new Set(known.map(({ index }) => index))
      return [...known, ...(await rest(batch.filter(({ index }) => !there.has(index))))]
    }
    const [first] = batch
    if (batch.length === 1 && first !== undefined) return [{ index: first.index, outcome: 'refused', error }]
    const middle = batch.length >> 1
    return [...(await rest(batch.slice(0, middle))), ...(await rest(batch.slice(middle)))]
  }
}

/** In order of the batch: the ids of the user and of the account in the tenant, or null for who was refused. */
interface Answer {
  readonly made: readonly (readonly [user: string, tenantAccount: string | null] | null)[]
}

interface Committed {
  readonly outcomes: readonly ImportOutcome[]
  /** Who was refused when the same batch was committed earlier: perhaps they are not any more. */
  readonly left: readonly Placed[]
}

async function commit(
  engine: Engine,
  context: ParsedContext,
  batch: readonly Placed[],
  given: string | undefined,
): Promise<Committed> {
  const { tenantId } = context
  const users = batch.map(({ user }) => user)
  const request = canonicalJson({ action: 'user.import', tenantId, users })
  const ledger = createLedger()
  const { commandId, idempotencyKey } = ledger.step(request, given)
  const key = keyOf(userCommands.provisionUser, context, idempotencyKey)
  return inTransaction(engine, directoryScope(tenantId), ledger, async (tx) => {
    const [around, earlier] = await Promise.all([
      surroundingsOf(tx, users, context, engine.catalogs),
      tx.idempotency.find(key),
    ])
    if (earlier !== null) return recall(batch, replay(earlier, request, engine.hashing) as Answer)
    const facts = factsOf(engine, context, 'user.import')
    const verdicts = batch.map((each) => decide(each, around, facts))
    const outcomes = verdicts.map(({ outcome }) => outcome)
    if (outcomes.every(({ outcome }) => outcome === 'refused')) return { outcomes, left: [] }
    const record = {
      commandId,
      requestHash: engine.hashing.hash(request),
      result: { made: outcomes.map(idsOf) },
      createdAt: facts.now,
      ...key,
    }
    // The key comes first: where the same batch has won meanwhile, its answer counts.
    const kept = tx.idempotency.insert(record, engine.idempotencyTtlMs)
    const writes = verdicts.flatMap(({ decided }) =>
      decided.flatMap(({ command, target, decision }) =>
        writesOf(context, tx, command, target, decision, facts, randomUUID() as string as CommandId),
      ),
    )
    await allOf([kept, ...writes])
    return { outcomes, left: [] }
  })
}

interface Verdict {
  readonly outcome: ImportOutcome
  readonly decided: readonly Decided[]
}

function decide({ index, user }: Placed, around: Surroundings, facts: Facts): Verdict {
  try {
    const { decided, ...ids } = decideUser(user, around, facts)
    return { outcome: { index, outcome: 'created', ...ids }, decided }
  } catch (error) {
    if (!isUserEngineError(error)) throw error
    return { outcome: { index, outcome: 'refused', error }, decided: [] }
  }
}

function idsOf(outcome: ImportOutcome): Answer['made'][number] {
  return outcome.outcome === 'created' ? [outcome.userId, outcome.tenantAccountId] : null
}

function recall(batch: readonly Placed[], { made }: Answer): Committed {
  const outcomes = batch.flatMap(({ index }, place): readonly ImportOutcome[] => {
    const [userId, tenantAccountId = null] = made[place] ?? []
    return userId === undefined ? [] : [{ index, outcome: 'created', userId, tenantAccountId }]
  })
  return { outcomes, left: batch.filter((_, place) => (made[place] ?? null) === null) }
}

/** Those whose identity somebody has. */
async function lookUp(
  engine: Engine,
  context: ParsedContext,
  batch: readonly Placed[],
): Promise<readonly ImportOutcome[]> {
  const { tenantId } = context
  return inTransaction(engine, directoryScope(tenantId), createLedger(), async (tx) => {
    const found = await Promise.all(
      batch.map(({ user: { identity } }) => {
        const { issuer, subject } = identity
        return tx.externalIdentities.findLinked({
          scopeId: identityScopeId(identity, tenantId),
          issuer,
          subject,
        })
      }),
    )
    return batch.flatMap(({ index }, place): readonly ImportOutcome[] => {
      const userId = found[place]?.userId
      return userId === undefined ? [] : [{ index, outcome: 'existing', userId }]
    })
  })
}
