import { isStoreError, tenantScope, type StoreErrorCode } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { MISTAKES, PROVOCATIONS } from './provocations.ts'
import { settle, type Estate } from './estates.ts'

/** Every code, with whether the same work may be run again. */
const CODES: Readonly<Record<StoreErrorCode, boolean>> = {
  CONFLICT: false,
  VERSION_CONFLICT: false,
  SCOPE_MISSING: false,
  TENANT_BOUNDARY: false,
  SERIALIZATION: true,
  UNKNOWN_OUTCOME: false,
  LEASE_LOST: false,
  NOT_READY: false,
  UNAVAILABLE: true,
  TIMEOUT: true,
}

/** Nothing of an error but its code and its details may be news to whoever reads a log. */
function judge(ctx: CaseContext, error: unknown, what: string): void {
  const typed = isStoreError(error) || error instanceof TypeError
  ctx.must('UE-ERROR-001', typed, `${what} was answered ${ctx.show(error)}`)
  if (isStoreError(error)) {
    const { code, retryable } = error
    ctx.must('UE-ERROR-001', CODES[code] === retryable, `${code} with retryable ${retryable}, by ${what}`)
    ctx.must('UE-ERROR-001', error instanceof Error, `${code} is an Error, by ${what}`)
  }
  ctx.secret('UE-ERROR-002', error, `the error of ${what}`)
}

/** Puts dead, leased and waiting events beside an estate. */
async function disturb(ctx: CaseContext): Promise<Estate> {
  const estate = await settle(ctx)
  const other = await settle(ctx)
  const { token, events } = await ctx.store.outbox.claim({ limit: 10, leaseMs: 60_000, ack: null })
  const dead = events.find(({ event }) => event.id === other.event.id)
  if (dead !== undefined) {
    await ctx.store.outbox.nack({ token, eventId: dead.event.id, delayMs: 0, dead: true })
  }
  return estate
}

/** The ids that an estate has: no report for the public may name them. */
function idsIn(estate: Estate): string[] {
  const { tenant, user, account, identity, tenantAccount, ownIdentity, audit, denial, event } = estate
  const records = [tenant, user, account, identity, tenantAccount, ownIdentity, audit, denial, event]
  return [...records.map(({ id }) => id), estate.key.commandId]
}

export const redaction: readonly Case[] = [
  {
    id: 'UE-ERROR-002/provoked',
    title: 'Every failure that a program can provoke has its code and details, and repeats no value',
    also: ['UE-ERROR-001'],
    async run(ctx) {
      const estate = await settle(ctx)
      for (const { name, expected, run } of PROVOCATIONS) {
        const error = await ctx.rejects(
          'UE-ERROR-001',
          async () => run(ctx, estate),
          expected,
          `a broken ${name}`,
        )
        judge(ctx, error, `a broken ${name}`)
      }
    },
  },
  {
    id: 'UE-ERROR-002/nested',
    title:
      'A failure that passes through nested transactions, or is swallowed in one, repeats no value either',
    also: ['UE-ERROR-001'],
    async run(ctx) {
      const estate = await settle(ctx)
      const { scopeId, externalId } = estate.tenantAccount
      const failed = ctx.commit(tenantScope(scopeId), (tx) =>
        tx.nested((nested) =>
          nested.nested(async (deep) => {
            const twin = ctx.make.tenantAccount({ scopeId, userId: ctx.make.user().id, externalId })
            await deep.tenantAccounts.insert(twin).catch(() => undefined)
          }),
        ),
      )
      const error = await ctx.rejects(
        'UE-ERROR-001',
        () => failed,
        { code: 'CONFLICT', details: { constraint: 'tenant_account_external_id' } },
        'a conflict at depth two that was swallowed',
      )
      judge(ctx, error, 'a conflict at depth two that was swallowed')
    },
  },
  {
    id: 'UE-ERROR-002/mistakes',
    title: 'Where a call that the types forbid fails, it fails by a typed error that repeats no value',
    also: ['UE-ERROR-001'],
    async run(ctx) {
      const estate = await settle(ctx)
      const before = await ctx.commit(tenantScope(estate.tenant.id), (tx) => tx.recordCounts())
      for (const [name, call] of Object.entries(MISTAKES)) {
        const error = await ctx
          .commit({ kind: 'directory', tenantId: estate.tenant.id }, async (tx) => {
            await call(ctx, tx, estate)
            await tx.users.list({ after: null, limit: 1 })
            // Undone where the store carries it out: the next one must find the store as it was.
            throw new TypeError('it was carried out')
          })
          .catch((failure: unknown) => failure)
        judge(ctx, error, name)
      }
      const after = await ctx.commit(tenantScope(estate.tenant.id), (tx) => tx.recordCounts())
      ctx.equal('UE-ERROR-001', after, before, 'record counts after all of them')
    },
  },
  {
    id: 'UE-ERROR-002/closed',
    title: 'The errors of a closed store are typed and repeat no value',
    also: ['UE-ERROR-001'],
    async run(ctx) {
      const estate = await settle(ctx)
      await ctx.store.close()
      const { user, denial } = estate
      const calls = {
        'a transaction': () =>
          ctx.store.transaction(tenantScope(estate.tenant.id), (tx) => tx.users.insert(user)),
        'a denial': () => ctx.store.denials.append(denial),
        'a claim': () => ctx.store.outbox.claim({ limit: 1, leaseMs: 1_000, ack: null }),
      }
      for (const [name, call] of Object.entries(calls)) {
        const expected = { code: 'UNAVAILABLE', details: { reason: 'closed' } } as const
        const error = await ctx.rejects('UE-ERROR-001', async () => call(), expected, `${name} after close`)
        judge(ctx, error, `${name} after close`)
      }
    },
  },
  {
    id: 'UE-READINESS-004/canaries',
    title: 'A readiness report has nothing of any record, whatever state the outbox and the store are in',
    preconditions: ['there is something to give away'],
    async run(ctx) {
      const estate = await disturb(ctx)
      const { dead, leased } = await ctx.store.outbox.state()
      ctx.precondition('there is something to give away', dead === 1 && leased === 1)
      const reports = [await ctx.store.readiness(), await (await ctx.second()).readiness()]
      await ctx.store.close()
      for (const report of [...reports, await ctx.store.readiness()]) {
        ctx.secret('UE-READINESS-004', report, `a report that is ${report.status}`)
        const named = idsIn(estate).filter((id) => JSON.stringify(report).includes(id))
        ctx.equal('UE-READINESS-004', named, [], 'ids of records in the report')
      }
    },
  },
  {
    id: 'UE-DIAGNOSTICS-001/canaries',
    title: 'A diagnostics report has nothing of any record, of a new store, at work and after close',
    preconditions: ['there is something to give away'],
    async run(ctx) {
      const estate = await disturb(ctx)
      const { dead, leased } = await ctx.store.outbox.state()
      ctx.precondition('there is something to give away', dead === 1 && leased === 1)
      const reports = [await ctx.store.diagnostics(), await (await ctx.second()).diagnostics()]
      await ctx.commit(tenantScope(estate.tenant.id), async (tx) => {
        await tx.tenantAccounts.find(estate.tenantAccount.id)
        reports.push(await ctx.store.diagnostics())
      })
      await ctx.store.close()
      for (const report of [...reports, await ctx.store.diagnostics()]) {
        ctx.secret('UE-DIAGNOSTICS-001', report, 'a diagnostics report')
        const named = idsIn(estate).filter((id) => JSON.stringify(report).includes(id))
        ctx.equal('UE-DIAGNOSTICS-001', named, [], 'ids of records in the report')
      }
    },
  },
]
