import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'

import { directoryScope } from '@user-engine/store'
import { expect, it } from 'vitest'

import type { Lease } from '../src/handoff.ts'
import { openStore } from './opened-store.ts'
import { createProvidedDatabase } from './provided-database.ts'
import { newUser } from './records.ts'
import { createVault } from './vault.ts'

const database = await createProvidedDatabase()
const admin = await database.connect(null)
const directory = directoryScope()
const { lend, revoke } = createVault(admin, database.prefix)

it('rotates user and password every second under load without an error', { timeout: 60_000 }, async () => {
  const leases: Lease[] = []
  let thrownOut = 0
  const store = openStore(database, {
    runtime: {
      max: 6,
      async lease() {
        const lease = await lend(1_500)
        leases.push(lease)
        const { expiresAt } = lease
        // What is over is over: whoever still works with it is thrown out.
        const over = (expiresAt?.getTime() ?? 0) - Date.now() + 200
        setTimeout(() => {
          revocations.push(
            revoke(lease).then((count) => {
              thrownOut += count
            }),
          )
        }, over)
        return lease
      },
    },
  })
  const revocations: Promise<void>[] = []
  const until = Date.now() + 10_000
  let done = 0
  const caller = async () => {
    while (Date.now() < until) {
      const user = newUser()
      await store.transaction(directory, async (tx) => {
        await tx.users.insert(user)
        // Read through its own connection in one of three.
        if (done % 3 === 0) await tx.users.find(user.id)
      })
      done += 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  expect(leases.length).toBeGreaterThanOrEqual(8)
  await store.close()
  // The last lease is revoked as well.
  await wait(2_500)
  await Promise.all(revocations)
  const { rows } = await admin.query<{ n: number }>('select count(*)::int as n from user_engine.users')
  expect(rows[0]?.n).toBe(done)
  // Every lease but the last was left before it ended.
  const connected = await admin.query('select 1 from pg_stat_activity where usename like $1', [
    `${database.prefix}_lease_%`,
  ])
  expect({ thrownOut, connected: connected.rowCount }).toMatchObject({ thrownOut: 0 })
})

it('asks again at once where the credentials were ended before their time', async () => {
  const leases: Lease[] = []
  const store = openStore(database, {
    runtime: {
      max: 2,
      async lease() {
        const lease = await lend(null)
        leases.push(lease)
        return lease
      },
    },
  })
  const write = () => store.transaction(directory, (tx) => tx.users.insert(newUser()))
  await write()
  await admin.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1', [
    leases[0]?.user,
  ])
  await admin.query(`drop role ${leases[0]?.user}`)
  await write()
  expect(leases).toHaveLength(2)
})

/** The first answer that is no longer the one before `status`, which it must be. */
async function until<Check extends { readonly status: string }>(
  ask: () => Promise<Check | undefined>,
  status: Check['status'],
): Promise<Check | undefined> {
  const before = await ask()
  let check = before
  while (check !== undefined && check.status === before?.status) {
    await wait(20)
    check = await ask()
  }
  expect(check?.status).toBe(status)
  return check
}

it(
  'shows in readiness that a lease can not be renewed, before it has ended and after',
  { timeout: 60_000 },
  async () => {
    const canary = 'canary-vault-token'
    let sealed = false
    const store = openStore(database, {
      runtime: {
        async lease() {
          if (sealed) throw new Error(`permission denied for ${canary}`)
          sealed = true
          return lend(10_000)
        },
      },
    })
    const leaseOf = async () => {
      const { checks } = await store.readiness()
      return checks.find(({ code }) => code === 'postgres.lease')
    }
    await store.transaction(directory, (tx) => tx.users.insert(newUser()))
    expect(await leaseOf()).toMatchObject({ status: 'pass', details: { runtimeFailures: 0 } })
    const failing = await until(leaseOf, 'warn')
    await store.transaction(directory, (tx) => tx.users.insert(newUser()))
    const ended = await until(leaseOf, 'fail')
    expect(inspect([failing, ended, await store.diagnostics(), store], { depth: 9 })).not.toContain(canary)
  },
)

it('is unavailable where no lease was ever given, and says no more', async () => {
  const canary = 'canary-vault-token'
  const store = openStore(database, { runtime: { lease: () => Promise.reject(new Error(canary)) } })
  const error: unknown = await store
    .transaction(directory, (tx) => tx.users.insert(newUser()))
    .catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { reason: 'connection' } })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(canary)
})
