import type { UserEngineStore } from '@user-engine/store'

import type { Administrator } from '../../postgres/administrator.ts'
import { statementText, withStatement, type Frame } from '../../postgres/frames.ts'
import type { PostgresInstance, PostgresTarget } from '../../postgres/postgres-target.ts'
import type { Target } from '../../target.ts'
import type { FaultyStore } from '../faulty-store.ts'

/** `@user-engine/postgres` on a real server, one thing of which is broken: its schema, its statements, its transactions. */
export interface FaultyPostgres extends Omit<FaultyStore, 'corrupt'> {
  /** What an administrator does to each database, before it is used. */
  readonly schema?: readonly string[]
  /** What stands on the wire where the adapter has sent something else. */
  readonly statements?: readonly (readonly [sent: string | RegExp, received: string])[]
  /** What the adapter itself does otherwise. The administrator is a connection of its own, which may do everything. */
  readonly corrupt?: (admin: Administrator) => (good: UserEngineStore) => UserEngineStore
}

/** A target whose databases are spoiled. */
export interface FaultyPostgresTarget extends PostgresTarget {
  /** What was to be replaced on the wire, and was never sent: a defect of statements that the adapter has no longer. */
  unsent(): readonly string[]
}

/** The target, where its instances are databases with the schema of `@user-engine/postgres`: faulty ones can be made of it. */
export function asPostgresTarget(target: Pick<Target, 'identity'>): PostgresTarget | null {
  return 'schema' in target && target.schema === 'user_engine' ? (target as PostgresTarget) : null
}

/** The same target, each of its databases spoiled, and every handle on them. */
export function createFaultyPostgresTarget(
  target: PostgresTarget,
  { name, schema = [], statements = [], corrupt = () => (good) => good }: Omit<FaultyPostgres, 'breaks'>,
): FaultyPostgresTarget {
  const unsent = new Set(statements.map(([sent]) => sent))
  const received = (text: string) =>
    statements.reduce((before, [sent, instead]) => {
      const after = before.replaceAll(allOf(sent), instead)
      if (after !== before) unsent.delete(sent)
      return after
    }, text)
  const rewrite = (frame: Frame): Frame => {
    const text = statementText(frame)
    const changed = text === null ? null : received(text)
    return changed === null || changed === text ? frame : withStatement(frame, changed)
  }
  const spoils = new WeakMap<PostgresInstance, (good: UserEngineStore) => UserEngineStore>()
  return {
    ...target,
    unsent: () => [...unsent].map(String),
    identity: { ...target.identity, version: `${target.identity.version} (${name})` },
    async open(universe) {
      const good = await target.open(universe)
      for (const proxy of [good.proxy, good.beside]) proxy.rewrite(rewrite)
      for (const statement of schema) await good.admin.query(statement)
      const spoil = corrupt(good.admin)
      const instance = { ...good, store: spoil(good.store) }
      spoils.set(instance, spoil)
      return instance
    },
    async second(instance) {
      const good = await target.second(instance)
      return spoils.get(instance)?.(good) ?? good
    },
  }
}

function allOf(sent: string | RegExp): string | RegExp {
  return typeof sent === 'string' ? sent : new RegExp(sent.source, 'g')
}

/** A trigger for each row of a table. */
export function trigger(table: string, moment: string, body: string): readonly string[] {
  return [
    `create or replace function public.spoil() returns trigger language plpgsql security definer as $$
      begin ${body} end $$`,
    `create trigger spoil ${moment} on user_engine.${table} for each row execute function public.spoil()`,
  ]
}
