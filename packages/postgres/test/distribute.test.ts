import { expect, it } from 'vitest'

import { distribute } from '../src/migrate.ts'
import { createProvidedDatabase } from './provided-database.ts'

/** What Citus would be asked, on a server that has none: its functions only write down what they were given. */
const STAND_IN = `
create table public.asked (id int generated always as identity, what text);
create table public.pg_dist_partition (logicalrelid regclass);
create function public.create_distributed_table(t regclass, by text, colocate_with text) returns void
  language sql as $$
    insert into public.asked (what) values (t || ' by ' || by || ' with ' || colocate_with);
    insert into public.pg_dist_partition values (t)
  $$;
create function public.create_reference_table(t regclass) returns void
  language sql as $$
    insert into public.asked (what) values (t || ' everywhere');
    insert into public.pg_dist_partition values (t)
  $$;
grant select, insert on public.asked, public.pg_dist_partition to public`

const database = await createProvidedDatabase()
const admin = await database.connect(null)
const options = { connection: database.config('migrator'), rolePrefix: database.prefix }

it('is refused where there is no Citus', async () => {
  await expect(distribute(options)).rejects.toMatchObject({ code: 'NOT_SPREADABLE' })
})

it('asks for each table once, what is referred to before what refers to it, and partitions with their table', async () => {
  await admin.query(STAND_IN)
  const spread = await distribute(options)
  const { rows } = await admin.query<{ what: string }>('select what from public.asked order by id')
  const asked = rows.map(({ what }) => what)
  expect(asked.slice(0, 4)).toEqual([
    'user_engine.schema_migrations everywhere',
    'user_engine.retention everywhere',
    'user_engine.outbox_epoch everywhere',
    'user_engine.tenants by scope_id with none',
  ])
  for (const what of asked.slice(4))
    expect(what).toMatch(/^user_engine\.\w+ by scope_id with user_engine\.tenants$/)
  const tables = await admin.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'user_engine'::regnamespace and relkind in ('r', 'p')
      and not relispartition order by 1`,
  )
  expect(spread.toSorted()).toEqual(tables.rows.map(({ name }) => name))
  const place = (table: string) => asked.findIndex((what) => what.startsWith(`user_engine.${table} `))
  const references = await admin.query<{ from: string; to: string }>(
    `select f.relname as from, t.relname as to from pg_constraint c join pg_class f on f.oid = c.conrelid
      join pg_class t on t.oid = c.confrelid where c.contype = 'f' and f.relnamespace = 'user_engine'::regnamespace`,
  )
  expect(references.rows.length).toBeGreaterThan(2)
  for (const { from, to } of references.rows) expect(place(to)).toBeLessThan(place(from))
})

it('leaves what is spread as it is', async () => {
  expect(await distribute(options)).toEqual([])
})
