import { z } from 'zod'

import type { ParsedContext } from './context.ts'
import { isUserEngineError } from './errors.ts'
import { importBatch, permitBatch, type ImportOutcome, type Placed } from './import-batch.ts'
import { importedUserSchema } from './imported-user.ts'
import { parseFields, parseInput, text } from './input.ts'
import { observedOperation } from './telemetry.ts'
import type { Engine } from './unit-of-work.ts'

export interface ImportOptions {
  /** Read as far as it is needed, once, in order. */
  readonly users: AsyncIterable<UserToImport> | Iterable<UserToImport>
  /** Users of one commit, 1 to 1,000. Default 256. */
  readonly batchSize?: number | undefined
  /** Batches that are under way at once. Default 2: the next is made ready while one is written. */
  readonly concurrency?: number | undefined
  /**
   * Of the import as a whole. The same users in batches of the same size are then answered as they were, as long as a key
   * is kept; without it, or later, they are `existing`.
   */
  readonly idempotencyKey?: string | undefined
  /** Told of each batch, in order, once it is durable; the import waits for it. */
  readonly onBatch?: ((outcomes: readonly ImportOutcome[]) => void | Promise<void>) | undefined
  /** Stops after the batches that are under way. */
  readonly signal?: AbortSignal | undefined
}

/** What `provisionUser` is given, and more of the same user: identities, a profile, memberships. */
export type UserToImport = z.input<typeof importedUserSchema>

export interface ImportReport {
  /** Users read from the source: the sum of the others. */
  readonly read: number
  readonly created: number
  /** Somebody had their identity: nothing of them has been written. */
  readonly existing: number
  readonly refused: number
}

export interface ImportOperations {
  /**
   * Makes many users, each as `provisionUser`, `linkIdentity`, `setProfileValues` and `addMembership` would and as one:
   * by the same rules, with the same audit records and events. Many commit together; one who is refused takes nobody along. It
   * needs as much memory as the batches that are under way, however many users there are. The policy is asked for
   * `user.provision` and, where there is something to ask for, `external_identity.link` and `profile_value.set` of a user without an id, and
   * `membership.add` of each group: once a batch, and a denial ends the import. What was committed before it ended, however
   * it ended, is there: called again it makes nobody twice.
   */
  importUsers(options: ImportOptions): Promise<ImportReport>
}

const isFunction = (value: unknown) => typeof value === 'function'
const isIterable = (value: unknown) =>
  typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)

const schema = z.strictObject({
  users: z.custom<AsyncIterable<unknown> | Iterable<unknown>>(isIterable, {
    params: { rule: 'not_iterable' },
  }),
  batchSize: z.int().min(1).max(1000).default(256),
  concurrency: z.int().min(1).max(16).default(2),
  idempotencyKey: text(150).optional(),
  onBatch: z
    .custom<NonNullable<ImportOptions['onBatch']>>(isFunction, { params: { rule: 'not_a_function' } })
    .optional(),
  signal: z.instanceof(AbortSignal).optional(),
})

type Settings = z.output<typeof schema>

export function createImportUsers(engine: Engine, context: ParsedContext): ImportOperations['importUsers'] {
  return (options) =>
    observedOperation('user.import', context.tenantId, async () => {
      const settings = parseInput<Settings>(schema, options)
      const report = { read: 0, created: 0, existing: 0, refused: 0 }
      /** In order of the source, so that what was told is a beginning of it without a gap. */
      const underWay: Promise<readonly ImportOutcome[]>[] = []
      const tell = async () => {
        const outcomes = (await underWay.shift()) ?? []
        report.read += outcomes.length
        for (const { outcome } of outcomes) report[outcome] += 1
        await settings.onBatch?.(outcomes)
      }
      try {
        let number = 0
        for await (const batch of batchesOf(settings)) {
          const work = importGiven(engine, context, settings, batch, number)
          work.catch(() => {}) // It is heard of in its turn.
          underWay.push(work)
          number += 1
          if (underWay.length >= settings.concurrency) await tell()
        }
        while (underWay.length > 0) await tell()
        return report
      } finally {
        await Promise.allSettled(underWay)
      }
    })
}

interface Given {
  readonly index: number
  readonly user: unknown
}

async function* batchesOf({ users, batchSize, signal }: Settings): AsyncGenerator<readonly Given[]> {
  let batch: Given[] = []
  let index = 0
  for await (const user of users) {
    if (signal?.aborted === true) return
    batch.push({ index, user })
    index += 1
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function importGiven(
  engine: Engine,
  context: ParsedContext,
  { batchSize, idempotencyKey }: Settings,
  given: readonly Given[],
  number: number,
): Promise<readonly ImportOutcome[]> {
  const batch: Placed[] = []
  const refused: ImportOutcome[] = []
  for (const { index, user } of given) {
    try {
      batch.push({ index, user: parseFields<Placed['user']>(importedUserSchema, user) })
    } catch (error) {
      if (!isUserEngineError(error)) throw error
      refused.push({ index, outcome: 'refused', error })
    }
  }
  if (batch.length === 0) return refused
  await permitBatch(engine, context, batch)
  const key = idempotencyKey === undefined ? undefined : `${idempotencyKey}:${batchSize}:${number}`
  const outcomes = await importBatch(engine, context, batch, key)
  return [...outcomes, ...refused].toSorted((one, other) => one.index - other.index)
}
