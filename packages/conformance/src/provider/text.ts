import type { Case } from '../case.ts'
import { judge } from './judge.ts'

/** Letters with two ways to be written, one that other languages write differently, and what needs four bytes. */
const KEPT = 'e\u0301 \u00E9 \u0131 \u01C5 \u{1F600} \u{10FFFF}'

export const text: readonly Case[] = [
  {
    id: 'UE-HANDOFF-005/encoding',
    title: 'The database is UTF8, and counts and keeps every character',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const [found] = await connection.query<{ encoding: string; kept: string; length: number }>(
        `select current_setting('server_encoding') as encoding, $1::text as kept, length($1::text) as length`,
        [KEPT],
      )
      const remedy = "make the database again: CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'"
      judge(ctx, 'UE-HANDOFF-005', found?.encoding === 'UTF8', `the encoding is ${found?.encoding}`, remedy)
      judge(
        ctx,
        'UE-HANDOFF-005',
        found?.kept === KEPT && found.length === Array.from(KEPT).length,
        `${found?.length} of ${Array.from(KEPT).length} characters were counted, and the text came back ${found?.kept === KEPT ? 'as it was' : 'changed'}`,
        remedy,
      )
    },
  },
  {
    id: 'UE-HANDOFF-005/collation-version',
    title: 'Indexes were built by the collation that the server has now',
    incidents: ['glibc 2.28: sort orders changed under existing indexes'],
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const [found] = await connection.query<{ same: boolean }>(
        `select datcollversion is not distinct from pg_database_collation_actual_version(oid) as same
        from pg_catalog.pg_database where datname = current_database()`,
      )
      judge(
        ctx,
        'UE-HANDOFF-005',
        found?.same === true,
        `the collation is ${found?.same === true ? 'of the version' : 'of another version than'} the database was made with`,
        'REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION',
      )
    },
  },
]
