import type { Session } from '@user-engine/core'

import type { CaseContext } from '../case.ts'
import { readTrail, type World } from './world.ts'

/** Shows of each key that all of it is there once, or nothing. */
export async function expectWhole(
  ctx: CaseContext,
  world: World,
  keys: ReadonlyMap<string, boolean>,
): Promise<void> {
  const { changes, events } = await readTrail(ctx, world)
  const byCommand = Map.groupBy(events, ({ commandId }) => commandId)
  for (const { commandId, changes: changed, action } of changes) {
    const told = (byCommand.get(commandId) ?? []).map(({ aggregate, aggregateVersion }) => ({
      id: aggregate.id,
      version: aggregateVersion,
    }))
    const expected = changed.map(({ id, version }) => ({ id, version }))
    const order = (one: { id: string; version: number }, other: { id: string; version: number }) =>
      one.id < other.id ? -1 : one.id > other.id ? 1 : one.version - other.version
    ctx.equal(
      'UE-ENGINE-001',
      told.toSorted(order),
      expected.toSorted(order),
      `the events of one ${action} beside its audit record`,
    )
    byCommand.delete(commandId)
  }
  ctx.must(
    'UE-ENGINE-001',
    byCommand.size === 0,
    `${byCommand.size} commands have events and no audit record`,
  )
  const done = [...keys.values()].filter(Boolean).length
  const audited = changes.filter(({ correlationId }) => correlationId !== null && keys.has(correlationId))
  const names = new Set(audited.map(({ correlationId }) => correlationId))
  ctx.must(
    'UE-ENGINE-001',
    audited.length === done && names.size === done,
    `${done} keys were answered; ${audited.length} audit records name ${names.size} of them`,
  )
  for (const [key, wasDone] of keys) {
    if (wasDone !== names.has(key)) {
      ctx.must('UE-ENGINE-001', false, `a key that was ${wasDone ? 'answered' : 'refused'} left the opposite`)
    }
  }
}

/** A session whose commands can be told apart in the audit, by the key that each is given. */
export const keyed = (world: World, key: string): Session =>
  world.engine.as({
    actor: { kind: 'service', id: 'conformance' },
    tenantId: world.tenantId,
    correlationId: key,
  })
