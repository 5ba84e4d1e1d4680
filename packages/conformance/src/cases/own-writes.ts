import { directoryScope, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { imagine, type Estate } from './estates.ts'
import { NAMED_READS, WHOLE_READS } from './scope-reads.ts'

const READS = [...NAMED_READS, ...WHOLE_READS]

async function write(tx: StoreTransaction, estate: Estate): Promise<void> {
  const { tenant, user, account, identity, tenantAccount, ownIdentity, audit, event, key } = estate
  await tx.idempotency.insert(key, 3_600_000)
  await tx.tenants.insert(tenant)
  await tx.users.insert(user)
  await tx.accounts.insert(account)
  await tx.externalIdentities.insert(identity)
  await tx.externalIdentities.insert(ownIdentity)
  await tx.tenantAccounts.insert(tenantAccount)
  await tx.audit.append(audit)
  await tx.outbox.append(event)
}

/** The next version of everything that has one. */
async function change(ctx: CaseContext, tx: StoreTransaction, estate: Estate): Promise<Estate> {
  const next = {
    ...estate,
    tenant: ctx.make.next(estate.tenant, { state: 'suspended', externalRef: ctx.canary() }),
    user: ctx.make.next(estate.user, { state: 'suspended' }),
    account: ctx.make.next(estate.account, { state: 'disabled' }),
    identity: ctx.make.next(estate.identity, { state: 'unlinked' }),
    ownIdentity: ctx.make.next(estate.ownIdentity, { subject: ctx.canary() }),
    tenantAccount: ctx.make.next(estate.tenantAccount, { externalId: null }),
  }
  await tx.tenants.update(next.tenant)
  await tx.users.update(next.user)
  await tx.accounts.update(next.account)
  await tx.externalIdentities.update(next.identity)
  await tx.externalIdentities.update(next.ownIdentity)
  await tx.tenantAccounts.update(next.tenantAccount)
  return next
}

/** Where the estate is written, and where it is read, in one transaction. */
const PLACES: Readonly<
  Record<
    string,
    (tx: StoreTransaction, writing: Step, reading: (tx: StoreTransaction) => Promise<void>) => Promise<void>
  >
> = {
  'same-level': async (tx, writing, reading) => {
    await writing(tx)
    await reading(tx)
  },
  'written-inside': async (tx, writing, reading) => {
    await tx.nested((nested) => nested.nested(writing))
    await reading(tx)
  },
  'read-inside': async (tx, writing, reading) => {
    await writing(tx)
    await tx.nested((nested) => nested.nested(reading))
  },
}
type Step = (tx: StoreTransaction) => Promise<void>

export const ownWrites: readonly Case[] = Object.entries(PLACES).flatMap(([name, arrange]) =>
  (['inserted', 'updated'] as const).map((how): Case => ({
    id: `UE-TRANSACTION-004/${how}-${name}`,
    title: `What was ${how} (${name.replaceAll('-', ' ')}) is answered by every read as it is after the commit`,
    preconditions: ['before it was written the reads answered otherwise'],
    async run(ctx) {
      const absent = imagine(ctx)
      let about: Estate = absent
      if (how === 'updated') await ctx.commit(directoryScope(absent.tenant.id), (tx) => write(tx, absent))
      await ctx.store.denials.append(absent.denial)
      const scope = directoryScope(absent.tenant.id)
      const askAll = async (tx: StoreTransaction) => {
        const answers: Record<string, unknown> = {}
        for (const { name: read, ask } of READS) answers[read] = await ask(tx, about)
        return answers
      }
      const before = await ctx.commit(scope, askAll)
      const within = await ctx.commit(scope, async (tx) => {
        let answers: Record<string, unknown> = {}
        await arrange(
          tx,
          async (writer) => {
            if (how === 'inserted') await write(writer, absent)
            else about = await change(ctx, writer, absent)
          },
          async (reader) => {
            answers = await askAll(reader)
          },
        )
        return answers
      })
      const differing = READS.filter(
        ({ name: read }) => JSON.stringify(before[read]) !== JSON.stringify(within[read]),
      )
      ctx.precondition('before it was written the reads answered otherwise', differing.length > 5)
      const after = await ctx.commit(scope, askAll, await ctx.second())
      for (const { name: read } of READS) {
        ctx.equal('UE-TRANSACTION-004', within[read], after[read], `${read} by the writer`)
      }
    },
  })),
)
