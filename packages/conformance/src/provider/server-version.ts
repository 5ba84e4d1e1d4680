import type { Case } from '../case.ts'
import { judge } from './judge.ts'

/** The first release of each major in which row security hides what it should: CVE-2025-8713, CVE-2024-10976. */
const MINIMUM: Readonly<Record<number, number>> = { 15: 14, 16: 10, 17: 6, 18: 0 }
const NEWEST = 18

export const serverVersion: readonly Case[] = [
  {
    id: 'UE-PRIVILEGE-003/server-version',
    title: 'The server is of a supported release, and has the fixes without which row security leaks',
    incidents: ['CVE-2025-8713', 'CVE-2024-10976', 'CVE-2023-2455'],
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const [server] = await connection.query<{ number: number }>(
        `select current_setting('server_version_num')::int as number`,
      )
      const number = server?.number ?? 0
      const [major, minor] = [Math.floor(number / 10_000), number % 10_000]
      const least = major > NEWEST ? 0 : MINIMUM[major]
      judge(
        ctx,
        'UE-PRIVILEGE-003',
        least !== undefined && minor >= least,
        `the server is ${major}.${minor}`,
        least === undefined
          ? 'move to Postgres 15 or newer'
          : `update it to ${major}.${least} or a later release of ${major}`,
      )
    },
  },
]
