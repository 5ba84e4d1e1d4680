import { expect, it } from 'vitest'

import { call, COMMANDS, commandNames } from '../test/operations.ts'
import { recordOf } from '../test/records.ts'
import { createWorld, type World } from '../test/world.ts'

it.each(commandNames)('the events of %s say of their records what they have come to', async (name) => {
  const world = await createWorld()
  const sample = COMMANDS[name]
  const session = sample.home === 'tenant' || name === 'provisionUser' ? world.tenant : world.directory
  const input = await sample.prepare(world)
  const earlier = new Set((await eventsOf(world)).map(({ id }) => id))
  await call(session, name, input)
  const events = (await eventsOf(world)).filter(({ id }) => !earlier.has(id))
  expect(events.length).toBeGreaterThan(0)
  for (const { type, aggregate, data } of events) {
    expect(type.split('.')[0]).toBe(aggregate.kind)
    // How sensitive a value is, its definition says.
    const { sensitivity, ...told } = data
    expect(sensitivity === undefined).toBe(aggregate.kind !== 'profile_value')
    expect(Object.keys(told)).not.toEqual([])
    expect(await recordOf(world, aggregate)).toMatchObject(told)
  }
})

async function eventsOf({ directory, tenant }: World) {
  const pages = await Promise.all([directory, tenant].map((each) => each.pendingEvents({ limit: 500 })))
  return pages.flatMap(({ items }) => items.map(({ event }) => event))
}
