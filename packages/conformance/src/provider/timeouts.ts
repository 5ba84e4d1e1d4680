import type { Case } from '../case.ts'
import { serving } from './handoff.ts'
import { judge } from './judge.ts'

const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

export const timeouts: readonly Case[] = [
  {
    id: 'UE-HANDOFF-006/set',
    title: 'No login can run a statement, wait for a lock or hold a transaction for ever',
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of serving(ctx.provider.handoff)) {
        const connection = await ctx.provider.connect(purpose)
        const endless = await connection.query<{ name: string }>(
          `select name from pg_catalog.pg_settings where name = any ($1) and setting = '0' order by name`,
          [TIMEOUTS],
        )
        judge(
          ctx,
          'UE-HANDOFF-006',
          endless.length === 0,
          endless.length === 0
            ? `every wait of ${purpose} ends`
            : `${endless.map(({ name }) => name).join(', ')} of ${purpose} is not set`,
          'ALTER ROLE … SET what is named, for the login itself: a setting is not inherited by membership',
        )
      }
    },
  },
]
