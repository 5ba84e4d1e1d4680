import { startWireProxy } from '@user-engine/conformance/postgres'
import { tenantScope, type Group, type GroupId, type TenantId } from '@user-engine/store'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'

import { handoffOf, openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'

/** A migration changes a column while a process runs: what it had the server parse is not what it would be now. */
const database = await createProvidedDatabase()
const admin = await database.connect(null)
const { endpoint } = handoffOf(database)
const proxy = await startWireProxy(endpoint)
afterAll(() => proxy.stop())
const store = openStore(database, {
  endpoint: { host: proxy.host, port: proxy.port },
  runtime: { ...handoffOf(database).runtime, max: 1 },
})
const tenantId = crypto.randomUUID() as string as TenantId
const scope = tenantScope(tenantId)

const newGroup = (): Group => {
  const at = new Date('2026-01-02T03:04:05.678Z')
  const id = crypto.randomUUID() as string as GroupId
  const record = { scopeId: tenantId, id, key: id, displayName: 'Readers', state: 'active' as const }
  return { ...record, version: 1, createdAt: at, updatedAt: at }
}
const list = () => store.transaction(scope, (tx) => tx.groups.list({ after: null, limit: 100 }))
const change = (type: string) =>
  admin.query(`alter table user_engine.groups alter column display_name type ${type}`)

beforeEach(async () => {
  await admin.query('delete from user_engine.groups')
  // Twice: the look at the schema, which is due once in a second, makes the first batch another one.
  await list()
  await list()
})
afterEach(() => change('text'))

it('outside of a transaction the batch is parsed anew, once, and the caller hears nothing of it', async () => {
  const group = newGroup()
  await store.transaction(scope, (tx) => tx.groups.insert(group))
  await list()
  await change('varchar(300)')
  proxy.reset()
  expect((await list()).items).toEqual([group])
  expect(proxy.traffic().roundTrips).toBe(2)
  proxy.reset()
  expect((await list()).items).toEqual([group])
  expect(proxy.traffic().roundTrips).toBe(1)
})

it('inside of one nothing is sent again: the transaction is to be repeated, and then succeeds', async () => {
  const work = async (group: Group) =>
    store.transaction(scope, async (tx) => {
      await tx.groups.insert(group)
      return (await tx.groups.list({ after: null, limit: 100 })).items
    })
  await work(newGroup())
  await change('varchar(300)')
  await expect(work(newGroup())).rejects.toMatchObject({ code: 'SERIALIZATION', retryable: true })
  expect((await list()).items).toHaveLength(1)
  expect(await work(newGroup())).toHaveLength(2)
})

it('a commit whose statements the server has forgotten is sent again, and done once', async () => {
  const [first, second] = [newGroup(), newGroup()]
  await store.transaction(scope, (tx) => tx.groups.insert(first))
  // As a pooler does that gives the batch to a connection which has never seen its statements.
  let forgotten = false
  proxy.rewrite((frame) => {
    if (forgotten || frame.from !== 'client' || frame.type !== 'B') return frame
    const name = /ue_\d+_[\w-]{22}/.exec(frame.bytes.toString('latin1'))?.[0]
    if (name === undefined) return frame
    forgotten = true
    const bytes = Buffer.from(
      frame.bytes.toString('latin1').replace(name, name.replace('ue_', 'un_')),
      'latin1',
    )
    return { ...frame, bytes }
  })
  await store.transaction(scope, (tx) => tx.groups.insert(second))
  proxy.rewrite((frame) => frame)
  expect(forgotten).toBe(true)
  expect((await list()).items.map(({ id }) => id).toSorted()).toEqual([first.id, second.id].toSorted())
})
