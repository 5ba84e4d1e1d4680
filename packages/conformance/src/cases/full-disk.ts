import { directoryScope, isStoreError, type StoreErrorCode } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { comesBack, outcomeOf } from './lost-connections.ts'
import { drain } from './outbox-events.ts'
import { expectWhole, insist, makeUnit, stepsOf, writeInParts } from './units.ts'

const LOST: readonly StoreErrorCode[] = ['UNAVAILABLE', 'TIMEOUT', 'UNKNOWN_OUTCOME']
/** Pages that were begun take some more: of the smallest record no page takes as many. */
const MOST = 150

interface Filled<Item> {
  /** Those that were acknowledged. */
  readonly kept: readonly Item[]
  /** The first that was not; null where all fitted. */
  readonly refused: Item | null
}

/** Writes one after the other until one is refused. */
async function fillUp<Item>(
  ctx: CaseContext,
  what: string,
  make: () => Item,
  write: (item: Item) => Promise<void>,
): Promise<Filled<Item>> {
  const kept: Item[] = []
  for (let index = 0; index < MOST; index += 1) {
    const item = make()
    const error = await ctx.answers('UE-ERROR-009', outcomeOf(write(item)), `${what} on a full disk`)
    if (error === null) kept.push(item)
    else if (!isStoreError(error, 'SERIALIZATION')) {
      const told = isStoreError(error) && LOST.includes(error.code)
      ctx.must('UE-ERROR-009', told, `${what} that does not fit was answered ${ctx.show(error)}`)
      return { kept, refused: item }
    }
  }
  return { kept, refused: null }
}

export const fullDisk: readonly Case[] = [
  {
    id: 'UE-ERROR-009/full',
    title:
      'What does not fit on a full disk is refused and keeps nothing, what is there is read, and with room the store goes on',
    needs: ['observer'],
    preconditions: ['transactions did not fit'],
    async run(ctx) {
      const { store } = ctx
      const [first, last] = [makeUnit(ctx), makeUnit(ctx)]
      await insist(ctx, store, first, (tx) => writeInParts(tx, first))
      const restore = await ctx.faults.fill()
      const unit = () => makeUnit(ctx)
      const inOne = await fillUp(ctx, 'a transaction', unit, (one) =>
        store.transaction(directoryScope(), async (tx) => {
          for (const step of stepsOf(one)) await step(tx)
        }),
      )
      const inParts = await fillUp(ctx, 'a transaction in parts', unit, (one) =>
        store.transaction(directoryScope(), (tx) => writeInParts(tx, one)),
      )
      const denied = await fillUp(
        ctx,
        'a denial',
        () => ctx.make.denial(),
        (denial) => store.denials.append(denial),
      )
      const refused = [inOne, inParts].flatMap((filled) => filled.refused ?? [])

      const read = await outcomeOf(
        ctx.commit(directoryScope(), async (tx) => {
          ctx.equal('UE-ERROR-009', await tx.users.find(first.user.id), first.user, 'a user on a full disk')
        }),
      )
      const { status } = await store.readiness()
      const told = read === null || status === 'not_ready'
      ctx.must(
        'UE-ERROR-009',
        told,
        `with a full disk it is ${status}, and a read was answered ${ctx.show(read)}`,
      )
      await restore()

      await comesBack(
        ctx,
        'UE-ERROR-009',
        () => store.transaction(directoryScope(), (tx) => writeInParts(tx, last)),
        'a transaction when there is room again',
      )
      const denial = denied.refused ?? ctx.make.denial()
      await comesBack(
        ctx,
        'UE-ERROR-009',
        () => store.denials.append(denial),
        'a denial when there is room again',
      )
      const acknowledged = [first, ...inOne.kept, ...inParts.kept, last]
      const kept = await expectWhole(ctx, 'UE-ERROR-009', [...acknowledged, ...refused], 'after a full disk')
      const lost = acknowledged.filter((one) => !kept.has(one))
      ctx.equal(
        'UE-ERROR-009',
        lost.length,
        0,
        'commands that were acknowledged on a full disk and are not there',
      )
      ctx.precondition('transactions did not fit', refused.length === 2)
      for (const one of refused) await insist(ctx, store, one, (tx) => writeInParts(tx, one))
      const events = [...acknowledged, ...refused].flatMap((one) => one.events.map(({ id }) => id))
      const delivered = (await drain(ctx)).map(({ id }) => id)
      ctx.equal('UE-ERROR-009', delivered.toSorted(), events.toSorted(), 'events that are delivered')
      const denials = (await ctx.observer.rows('denials')).map(({ id }) => id)
      const expected = [...denied.kept, denial].map(({ id }): string => id)
      ctx.equal('UE-ERROR-009', denials.toSorted(), expected.toSorted(), 'denials that are there')
      const { status: after } = await store.readiness()
      ctx.equal('UE-ERROR-009', after, 'ready', 'the status when there is room again')
    },
  },
]
