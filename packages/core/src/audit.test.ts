import { expect, it } from 'vitest'

import { call, COMMANDS, commandNames } from '../test/operations.ts'
import { recordOf } from '../test/records.ts'
import { createWorld, type World } from '../test/world.ts'

/** What each record has, whatever it is of. */
const BASE = new Set(['scopeId', 'id', 'version', 'createdAt', 'updatedAt'])

async function audited({ directory, tenant }: World) {
  const pages = await Promise.all([directory, tenant].map((each) => each.queryAudit({ limit: 500 })))
  return pages.flatMap(({ items }) => items.flatMap((each) => (each.kind === 'change' ? [each.record] : [])))
}

it.each(commandNames)('the audit of %s names the fields that it wrote, and no others', async (name) => {
  const world = await createWorld()
  const sample = COMMANDS[name]
  const session = sample.home === 'tenant' || name === 'provisionUser' ? world.tenant : world.directory
  const input = await sample.prepare(world)
  const earlier = await audited(world)
  const before = new Map<string, Readonly<Record<string, unknown>>>()
  for (const change of earlier.flatMap(({ changes }) => changes)) {
    before.set(change.id, await recordOf(world, change))
  }
  await call(session, name, input)
  const ids = new Set(earlier.map(({ id }) => id))
  const [made, ...others] = (await audited(world)).filter(({ id }) => !ids.has(id))
  expect(others).toEqual([])
  expect(made?.changes).not.toEqual([])
  for (const { fields, ...change } of made?.changes ?? []) {
    const after = await recordOf(world, change)
    const own = Object.keys(after).filter((field) => !BASE.has(field))
    const earlierOne = before.get(change.id)
    // The fields of a value are the same each time: it says which attribute.
    if (change.kind === 'profile_value') expect(fields).toEqual([after['attribute']])
    else if (earlierOne === undefined) expect(fields.toSorted()).toEqual(own.sort())
    else {
      const differ = own.filter((field) => JSON.stringify(earlierOne[field]) !== JSON.stringify(after[field]))
      // Some samples write one field as it was.
      if (differ.length > 0) expect(fields.toSorted()).toEqual(differ.sort())
      else expect([fields.length, own.includes(fields[0] ?? '')]).toEqual([1, true])
    }
  }
})
