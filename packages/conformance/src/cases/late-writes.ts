import { DIRECTORY, directoryScope, type StoreTransaction } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { isRolledBack, replayed } from '../replayed.ts'

const FIRST = { after: null, limit: 100 } as const

/** How long after the work has resolved a write comes that was left behind: so many promises, or turns of the event loop. */
const DELAYS = [
  ...[0, 1, 2, 3, 4, 6, 9, 14, 20, 30].map((promises) => ({ promises, turns: 0 })),
  ...[1, 2, 3, 5, 8].map((turns) => ({ promises: 0, turns })),
]

async function afterAWhile({ promises, turns }: (typeof DELAYS)[number]): Promise<void> {
  for (let left = promises; left > 0; left -= 1) await Promise.resolve()
  for (let left = turns; left > 0; left -= 1) await new Promise(setImmediate)
}

/** A write, and whether what it wrote is there. */
interface Late {
  readonly name: string
  write(tx: StoreTransaction): Promise<void>
  isKept(tx: StoreTransaction): Promise<boolean>
}

/** One of all that commits together: a store may send each in a way of its own. */
function lateWritesOf(ctx: CaseContext): readonly Late[] {
  const user = ctx.make.user()
  const audit = ctx.make.auditRecord({ target: { kind: 'user', id: user.id } })
  const event = ctx.make.event('user', user)
  const key = ctx.make.idempotencyRecord()
  const timeline = { ...FIRST, scopeId: DIRECTORY, targetId: user.id }
  return [
    {
      name: 'a user',
      write: (tx) => tx.users.insert(user),
      isKept: async (tx) => (await tx.users.find(user.id)) !== null,
    },
    {
      name: 'an audit record',
      write: (tx) => tx.audit.append(audit),
      isKept: async (tx) => (await tx.audit.timeline(timeline)).items.length > 0,
    },
    {
      name: 'an event',
      write: (tx) => tx.outbox.append(event),
      isKept: async (tx) => (await tx.outbox.pending(FIRST)).items.some((each) => each.event.id === event.id),
    },
    {
      name: 'an idempotency record',
      write: (tx) => tx.idempotency.insert(key, 60_000),
      isKept: async (tx) => (await tx.idempotency.find(key)) !== null,
    },
  ]
}

/** Work that leaves writes behind; `answered` is which of them resolved. */
function leaving(ctx: CaseContext, delay: (typeof DELAYS)[number]) {
  const late = lateWritesOf(ctx)
  let answered: Promise<readonly boolean[]> = Promise.resolve([])
  return {
    late,
    answered: () => answered,
    async work(tx: StoreTransaction): Promise<void> {
      await tx.users.insert(ctx.make.user())
      answered = afterAWhile(delay)
        .then(() => Promise.allSettled(late.map(async ({ write }) => write(tx))))
        .then((writes) => writes.map(({ status }) => status === 'fulfilled'))
    },
  }
}

async function expectKept(
  ctx: CaseContext,
  late: readonly Late[],
  kept: readonly boolean[],
  what: string,
): Promise<void> {
  for (const [index, { name, isKept }] of late.entries()) {
    const found = await ctx.commit(directoryScope(), isKept)
    const said = kept[index] === true
    ctx.must(
      'UE-TRANSACTION-001',
      found === said,
      `${name} written while ${what} ended ${said ? 'resolved' : 'was refused'} and is ${found ? '' : 'not '}kept`,
    )
  }
}

export const lateWrites: readonly Case[] = [
  {
    id: 'UE-TRANSACTION-001/while-it-ends',
    title: 'A write that comes while its transaction commits is refused or kept, and not forgotten',
    budget: 'smoke',
    async run(ctx) {
      for (const delay of DELAYS) {
        const { late, answered, work } = leaving(ctx, delay)
        const failed = await ctx.store.transaction(directoryScope(), work).then(
          () => false,
          () => true,
        )
        await expectKept(ctx, late, failed ? [] : await answered(), 'it')
      }
    },
  },
  {
    id: 'UE-TRANSACTION-001/while-a-nested-one-ends',
    title: 'A write that comes while its nested transaction settles is refused or kept, and not forgotten',
    budget: 'smoke',
    async run(ctx) {
      for (const delay of DELAYS) {
        const { late, kept } = await replayed(async () => {
          const { late, answered, work } = leaving(ctx, delay)
          let settled = false
          await ctx.store.transaction(directoryScope(), async (tx) => {
            settled = await tx.nested(work).then(
              () => true,
              () => false,
            )
            await answered()
          })
          return { late, kept: settled ? await answered() : [] }
        }, isRolledBack)
        await expectKept(ctx, late, kept, 'a nested one')
      }
    },
  },
]
