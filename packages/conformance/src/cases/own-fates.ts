import {
  DIRECTORY,
  directoryScope,
  isStoreError,
  tenantScope,
  type Application,
  type AuditRecord,
  type IdempotencyRecord,
  type OutboxEvent,
  type Scope,
  type StoreTransaction,
} from '@user-engine/store'

import type { Case, CaseContext, ExpectedError } from '../case.ts'
import { mismatchOf } from '../expected-error.ts'

const ID = 'UE-TRANSACTION-014'
const RUNNERS = 16
const TTL_MS = 3_600_000
const FIRST = { after: null, limit: 100 } as const

/** What is there before a command: a record that it may change, a value and a key that are taken. */
interface Before {
  readonly record: Application
  readonly key: IdempotencyRecord
}

/** All that one command writes, and what refuses it; null where nothing does. */
interface Command {
  readonly scope: Scope
  readonly record: Application
  readonly key: IdempotencyRecord | null
  readonly audit: AuditRecord
  readonly event: OutboxEvent
  readonly refusal: ExpectedError | null
}

/** What is special about a command: where it says nothing it inserts a record, which nothing refuses. */
type Way = (ctx: CaseContext, before: Before) => Partial<Pick<Command, 'record' | 'key' | 'refusal'>>

const KEPT: readonly Way[] = [
  () => ({}),
  (ctx, { record }) => ({ record: ctx.make.next(record, { state: 'disabled' }) }),
]

const REFUSED: readonly Way[] = [
  (ctx, { record: { scopeId, clientKey } }) => ({
    record: ctx.make.application({ scopeId, clientKey }),
    refusal: { code: 'CONFLICT', details: { constraint: 'application_client_key' } },
  }),
  (ctx, { record }) => ({
    record: ctx.make.next(ctx.make.next(record)),
    refusal: { code: 'VERSION_CONFLICT', details: { kind: 'application', id: record.id } },
  }),
  (ctx, { key }) => ({
    key: { ...key, commandId: ctx.make.idempotencyRecord().commandId },
    refusal: { code: 'CONFLICT', details: { constraint: 'idempotency_key' } },
  }),
]

/** Every third is refused. */
const WAYS = Array.from({ length: RUNNERS }, (_, index) =>
  index % 3 === 0 ? REFUSED[(index / 3) % REFUSED.length] : KEPT[index % KEPT.length],
).filter((way) => way !== undefined)

/** Commits what there is before, and answers the commands. Drawn are who is refused, the scopes, and who has a key. */
async function prepare(ctx: CaseContext, scopes: readonly Scope[]): Promise<readonly Command[]> {
  const commands: Command[] = []
  for (const way of ctx.random.shuffle(WAYS)) {
    const scope = scopes[ctx.random.below(scopes.length)] ?? directoryScope()
    const scopeId = scope.tenantId ?? DIRECTORY
    const before = {
      record: ctx.make.application({ scopeId }),
      key: ctx.make.idempotencyRecord({ scopeId }),
    }
    await ctx.commit(scope, async (tx) => {
      await tx.applications.insert(before.record)
      await tx.idempotency.insert(before.key, TTL_MS)
    })
    const keyed = ctx.random.below(2) === 0
    const {
      record = ctx.make.application({ scopeId }),
      key = keyed ? ctx.make.idempotencyRecord({ scopeId }) : null,
      refusal = null,
    } = way(ctx, before)
    const audit = ctx.make.auditRecord({ scopeId, target: { kind: 'application', id: record.id } })
    commands.push({ scope, record, key, audit, event: ctx.make.event('application', record), refusal })
  }
  return commands
}

async function write(tx: StoreTransaction, { record, key, audit, event }: Command): Promise<void> {
  if (key !== null) await tx.idempotency.insert(key, TTL_MS)
  await (record.version === 1 ? tx.applications.insert(record) : tx.applications.update(record))
  await tx.audit.append(audit)
  await tx.outbox.append(event)
}

/** Judges what a command was told, and answers whether it was told that it is kept. */
function judge(
  ctx: CaseContext,
  { record, refusal }: Command,
  result: PromiseSettledResult<string> | undefined,
): boolean {
  if (result?.status !== 'rejected') {
    ctx.must(ID, refusal === null, `one that is refused resolved with ${ctx.show(result?.value)}`)
    ctx.equal(ID, result?.value, record.id, 'what one is told that resolves')
    return true
  }
  const error: unknown = result.reason
  if (isStoreError(error) && error.retryable) return false
  const mismatch = refusal === null ? `was answered ${ctx.show(error)}` : mismatchOf(error, refusal)
  const which = refusal === null ? 'one that nothing refuses' : 'one that is refused'
  ctx.must(ID, mismatch === null, `${which} ${mismatch ?? 'is told so'}`)
  return false
}

/** Which parts of a command there are. */
async function look(ctx: CaseContext, { scope, record, key, audit, event }: Command) {
  const { scopeId } = record
  const [found, timeline, pending, kept] = await ctx.commit(scope, (tx) =>
    Promise.all([
      tx.applications.find(record.id),
      tx.audit.timeline({ scopeId, targetId: record.id, ...FIRST }),
      tx.outbox.pending(FIRST),
      key === null ? null : tx.idempotency.find(key),
    ]),
  )
  return {
    record: found?.version === record.version,
    audit: timeline.items.some((entry) => entry.record.id === audit.id),
    event: pending.items.some((one) => one.event.id === event.id),
    key: kept !== null && kept.commandId === key?.commandId,
  }
}

export const ownFates: readonly Case[] = [
  {
    id: `${ID}/beside`,
    title: `Of ${RUNNERS} transactions that commit in the same moment every third is refused: each is told its own, and is whole or nothing`,
    preconditions: ['some are kept beside some that are refused'],
    async run(ctx) {
      const tenants = [ctx.make.tenant(), ctx.make.tenant()]
      await ctx.commit(directoryScope(), async (tx) => {
        for (const tenant of tenants) await tx.tenants.insert(tenant)
      })
      const scopes = [directoryScope(), ...tenants.map(({ id }) => tenantScope(id))]
      const handles = [ctx.store, await ctx.second()] as const
      let mixed = 0
      for (let round = 0; round < (ctx.budget === 'smoke' ? 3 : 10); round += 1) {
        const commands = await prepare(ctx, scopes)
        const racing = ctx.race(commands.length, async (index, meet) => {
          const command = commands[index]
          if (command === undefined) return ''
          return handles[index % 2 === 0 ? 0 : 1].transaction(command.scope, async (tx) => {
            try {
              await write(tx, command)
            } finally {
              // A store may refuse at the call: then it is the rollback that meets the commits.
              await meet(`written ${round}`)
            }
            return command.record.id
          })
        })
        const results = await ctx.answers(ID, racing, `the commits of round ${round}`)
        const kept = commands.map((command, index) => judge(ctx, command, results[index]))
        if (kept.includes(true) && kept.includes(false)) mixed += 1
        for (const [index, command] of commands.entries()) {
          const whole = kept[index] === true
          const expected = { record: whole, audit: whole, event: whole, key: whole && command.key !== null }
          const what = `what there is of one that ${whole ? 'resolved' : 'was rejected'}`
          ctx.equal(ID, await look(ctx, command), expected, what)
        }
      }
      ctx.precondition('some are kept beside some that are refused', mixed > 0)
    },
  },
]
