import { directoryScope } from '@user-engine/store'
import { expect, it } from 'vitest'

import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newAudit, newDenial, newIdentity, newUser } from './records.ts'

const database = await createProvidedDatabase()
const store = openStore(database)
const CANARY = `canary-${crypto.randomUUID()}`

it('what a server shows of sessions carries no value, while their statements are under way', async () => {
  const [admin, holder] = [await database.connect(null), await database.connect(null)]
  /** All that the server tells of the sessions that wait for the locks, and of the control. */
  const look = async () => {
    const { rows } = await admin.query<Record<string, unknown>>(
      `select * from pg_stat_activity where datname = current_database() and wait_event_type in ('Lock', 'Timeout')`,
    )
    return rows
  }
  const control = await database.connect(null)
  const sleeping = control.query(`select pg_sleep(60), '${CANARY}'`).catch(() => 'ended')
  await holder.query(
    'begin; lock table user_engine.external_identities, user_engine.denials in access exclusive mode',
  )
  const user = newUser()
  const identity = newIdentity(user.id, CANARY)
  const directory = directoryScope()
  const waiting = [
    store.transaction(directory, async (tx) => {
      await tx.users.insert(user)
      await tx.externalIdentities.insert(identity)
      await tx.audit.append({ ...newAudit(user), correlationId: CANARY })
    }),
    store.transaction(directory, async (tx) => {
      await tx.users.insert(newUser())
      await tx.users.list({ after: null, limit: 1 })
      await tx.externalIdentities.findLinked(identity)
    }),
    store.transaction(directory, (tx) => tx.externalIdentities.findLinked(identity)),
    store.denials.append({ ...newDenial(), correlationId: CANARY }),
  ]
  await expect.poll(async () => (await look()).length, { timeout: 20_000 }).toBe(waiting.length + 1)
  const carrying = (await look()).filter((row) => JSON.stringify(row).includes(CANARY))
  // It would be found: the control shows its own.
  expect(carrying.map(({ query }) => query)).toEqual([`select pg_sleep(60), '${CANARY}'`])
  await holder.query('rollback')
  await Promise.all(waiting)
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`,
  )
  expect(await sleeping).toBe('ended')
})
