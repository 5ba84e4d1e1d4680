import { z } from 'zod'

import { DIRECTORY, directoryScope, isStoreError, type UserEngineStore } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case } from '../case.ts'
import { replayed } from '../replayed.ts'
import { deliverySchema, findDisorder, findLoss, findShared, type Delivery } from './deliveries.ts'
import { holdCourt } from './evidence.ts'
import { openRounds, type Work, type Worker } from './rounds.ts'

const STREAMS = 4
const RELAYS = 3
const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 8, full: 40 }
const LEASE_MS = 3_600_000

const { judge, recheck } = holdCourt({
  schema: z.strictObject({
    /** The events of each, in the order in which they were appended. */
    streams: z.array(z.array(z.string()).readonly()).readonly(),
    deliveries: z.array(deliverySchema.readonly()).readonly(),
  }),
  findings: ({ streams, deliveries }) => [
    {
      requirement: 'UE-OUTBOX-004',
      wrong: findLoss(streams, deliveries),
      right: 'each event was acknowledged once',
    },
    {
      requirement: 'UE-OUTBOX-005',
      wrong: findShared(deliveries),
      right: 'nobody had an event that another one had',
    },
    {
      requirement: 'UE-OUTBOX-007',
      wrong: findDisorder(streams, deliveries),
      right: 'each stream was delivered in order',
    },
  ],
  steps({ deliveries }, wrong) {
    const own = deliveries.filter(({ event }) => wrong.includes(event))
    if (own.length === 0) return ['nobody was given it']
    return own.map(
      ({ event, by, claimed, settled }) =>
        `${by} was given ${event} from ${claimed.began} to ${claimed.ended}; ${settled.outcome} from ${settled.began} to ${settled.ended}`,
    )
  },
})

/** Relays that claim, acknowledge and give back while events are appended to a few streams. */
export const relays: readonly Case[] = [
  {
    id: 'UE-OUTBOX-005/relays',
    title:
      'Of events that are appended meanwhile three relays are given each one at a time, in order, and none is lost',
    also: ['UE-OUTBOX-004', 'UE-OUTBOX-007'],
    profile: 'store-concurrent',
    recheck,
    preconditions: ['events were given back, and delivered again'],
    async run(ctx) {
      const rounds = ROUNDS[ctx.budget]
      const streams = Array.from({ length: STREAMS }, () => ({ id: ctx.make.uuid(), events: [] as string[] }))
      const deliveries: Delivery[] = []
      let claims = 0
      let time = 0

      const append =
        (round: number): Work =>
        async (store, meet) => {
          const events = streams.map(({ id }) =>
            ctx.make.event('user', { scopeId: DIRECTORY, id, version: round + 1 }),
          )
          await ctx.commit(
            directoryScope(),
            async (tx) => {
              for (const event of events) await tx.outbox.append(event)
              await meet()
            },
            store,
          )
          for (const [place, event] of events.entries()) streams[place]?.events.push(event.id)
        }
      /** Claims and settles: all acknowledged, but for the first where that is given back. */
      const relay = async (
        store: UserEngineStore,
        limit: number,
        back: boolean,
        meet: () => Promise<void>,
      ) => {
        claims += 1
        const by = `claim ${claims}`
        const began = (time += 1)
        const { token, events } = await replayed(() =>
          store.outbox.claim({ limit, leaseMs: LEASE_MS, ack: null }),
        )
        const claimed = { began, ended: (time += 1) }
        await meet()
        for (const [place, { event }] of events.entries()) {
          const acknowledged = !back || place > 0
          const settling = (time += 1)
          const done = await replayed(() =>
            acknowledged
              ? store.outbox.ack({ token, eventIds: [event.id] })
              : store.outbox.nack({ token, eventId: event.id, delayMs: 0, dead: false }),
          ).then(
            () => true,
            (error: unknown) => {
              if (!isStoreError(error, 'LEASE_LOST')) throw error
              return false
            },
          )
          const outcome = !done ? 'lost' : acknowledged ? 'acknowledged' : 'given back'
          const settled = { began: settling, ended: (time += 1), outcome } as const
          deliveries.push({ event: event.id, by, claimed, settled })
        }
        return events.length
      }

      const play = await openRounds(ctx)
      for (let round = 0; round < rounds; round += 1) {
        const workers = Array.from({ length: RELAYS }, (): Worker => {
          const limit = 1 + ctx.random.below(STREAMS)
          const back = ctx.random.below(3) === 0
          return {
            turn: 'between',
            work: async (store, meet) => void (await relay(store, limit, back, meet)),
          }
        })
        await play([{ turn: round % 2 === 0 ? 'early' : 'between', work: append(round) }, ...workers])
      }
      for (let left = rounds * STREAMS + 1; left > 0; left -= 1) {
        if ((await relay(ctx.store, STREAMS, false, async () => {})) === 0) break
      }
      const names = new Map(
        streams.flatMap(({ events }, stream) =>
          events.map((id, place): [string, string] => [id, `event ${place + 1} of stream ${stream + 1}`]),
        ),
      )
      for (const { event } of deliveries) if (!names.has(event)) names.set(event, `stranger ${names.size}`)
      const nameOf = (id: string) => names.get(id) ?? ''
      judge(ctx, {
        streams: streams.map(({ events }) => events.map(nameOf)),
        deliveries: deliveries.map(({ event, ...one }) => ({ ...one, event: nameOf(event) })),
      })
      ctx.precondition(
        'events were given back, and delivered again',
        deliveries.some(({ settled }) => settled.outcome === 'given back'),
      )
    },
  },
]
