import type { Case } from '../case.ts'
import { judge } from './judge.ts'

/** As far as the server's clock may be from that of an application. */
const SKEW_MS = 2_000
const ROUNDS = 5
const READINGS = 200

export const clock: readonly Case[] = [
  {
    id: 'UE-HANDOFF-007/skew',
    title: 'The clock of the server is that of this machine, within two seconds',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const skews: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const before = ctx.provider.now()
        const [found] = await connection.query<{ ms: number }>(
          'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
        )
        const after = ctx.provider.now()
        const server = found?.ms ?? 0
        // The answer was made somewhere between asking and hearing it: what lies there is no skew.
        skews.push(server < before ? before - server : Math.max(0, server - after))
      }
      const skew = Math.round(Math.min(...skews))
      judge(
        ctx,
        'UE-HANDOFF-007',
        skew <= SKEW_MS,
        skew <= SKEW_MS ? 'the clocks agree' : `the clocks are ${skew} ms apart`,
        'keep both machines on one source of time (NTP): leases and expiries are judged by both',
      )
    },
  },
  {
    id: 'UE-HANDOFF-007/monotonic',
    title: 'The clock of the server does not go back, on whichever connection it is read',
    needs: ['provider'],
    async run(ctx) {
      const connections = [await ctx.provider.connect('runtime'), await ctx.provider.connect('relay')]
      let [last, back] = [0, 0]
      for (let reading = 0; reading < READINGS; reading += 1) {
        const connection = connections[reading % connections.length]
        const [found] =
          (await connection?.query<{ ms: number }>(
            'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
          )) ?? []
        const ms = found?.ms ?? 0
        back = Math.max(back, last - ms)
        last = ms
      }
      judge(
        ctx,
        'UE-HANDOFF-007',
        back <= 0,
        back <= 0 ? `${READINGS} readings, each later` : `the clock went back by ${Math.ceil(back)} ms`,
        'slew the clock instead of stepping it; see that all logins reach the same server',
      )
    },
  },
]
