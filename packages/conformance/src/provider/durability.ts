import type { Case } from '../case.ts'
import { SERVING } from './handoff.ts'
import { judge } from './judge.ts'

interface Setting {
  readonly name: string
  readonly setting: string
  readonly source: string
}

const WRITES = ['fsync', 'full_page_writes', 'synchronous_commit']

export const durability: readonly Case[] = [
  {
    id: 'UE-DURABILITY-001/settings',
    title: 'fsync, full_page_writes and synchronous_commit are on, as each login sees them',
    needs: ['provider'],
    async run(ctx) {
      for (const purpose of SERVING) {
        const connection = await ctx.provider.connect(purpose)
        const settings = await connection.query<Setting>(
          'select name, setting, source from pg_catalog.pg_settings where name = any ($1) order by name',
          [WRITES],
        )
        for (const { name, setting, source } of settings) {
          judge(
            ctx,
            'UE-DURABILITY-001',
            setting !== 'off',
            `${name} is ${setting} for ${purpose}, by the source "${source}"`,
            RESETS[source] ?? `set ${name} = on in the configuration of the server`,
          )
        }
        ctx.equal('UE-DURABILITY-001', settings.length, WRITES.length, `settings that ${purpose} sees`)
      }
    },
  },
  {
    id: 'UE-DURABILITY-003/checksums',
    title: 'Data pages carry checksums',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const [found] = await connection.query<{ on: boolean }>(
        `select current_setting('data_checksums')::boolean as on`,
      )
      judge(
        ctx,
        'UE-DURABILITY-003',
        found?.on === true,
        `data_checksums is ${found?.on === true ? 'on' : 'off'}`,
        'initdb --data-checksums, or pg_checksums --enable while the server is stopped',
      )
    },
  },
  {
    id: 'UE-BACKUP-007/wal-level',
    title: 'The write-ahead log holds what a restore to any moment needs',
    needs: ['provider'],
    async run(ctx) {
      const connection = await ctx.provider.connect('runtime')
      const [found] = await connection.query<{ level: string }>(
        `select current_setting('wal_level') as level`,
      )
      judge(
        ctx,
        'UE-BACKUP-007',
        found?.level === 'replica' || found?.level === 'logical',
        `wal_level is ${found?.level}`,
        'set wal_level = replica in the configuration of the server, and restart it',
      )
    },
  },
]

/** Where a role or a database overrides the server. */
const RESETS: Readonly<Record<string, string>> = {
  user: 'ALTER ROLE … RESET what is named, for the role of the login',
  database: 'ALTER DATABASE … RESET what is named',
  'database user': 'ALTER ROLE … IN DATABASE … RESET what is named',
}
