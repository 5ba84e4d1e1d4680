import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Lease } from '../src/index.ts'
import type { ProviderOptions } from '../src/postgres.ts'
import { foundBy, judgeProvider as judge, redOf } from './judged-provider.ts'
import {
  newCanary,
  startProvidedServer,
  type ProvidedDatabase,
  type ProvidedServer,
} from './provided-postgres.ts'

let server: ProvidedServer
beforeAll(async () => {
  server = await startProvidedServer()
})
afterAll(() => server.stop())

/** A vault: each lease is a role of its own, which is gone when the lease has ended. */
async function createVault({ admin, handoff, role }: ProvidedDatabase) {
  const root = await admin()
  const made: string[] = []
  return {
    root,
    async lend(lifetimeMs = 3_600_000): Promise<Lease> {
      const user = `${handoff.database}_lease_${made.length}`
      made.push(user)
      const password = newCanary()
      await root.query(
        `create role ${user} login password '${password}' in role ${role('runtime')};
        alter role ${user} set statement_timeout = '5s';
        alter role ${user} set lock_timeout = '3s';
        alter role ${user} set idle_in_transaction_session_timeout = '5s'`,
      )
      return { user, password, expiresAt: new Date(Date.now() + lifetimeMs) }
    },
    revoke: ({ user }: Lease) => root.query(`alter role ${user} nologin`),
  }
}

type Vault = Awaited<ReturnType<typeof createVault>>

interface Leasing {
  lease(): Promise<Lease>
  revoke(lease: Lease): Promise<unknown>
}

async function judged(leasing: (vault: Vault) => Leasing) {
  const database = await server.handOver()
  const vault = await createVault(database)
  const { lease, revoke } = leasing(vault)
  const handoff: ProviderOptions['handoff'] = { ...database.handoff, runtime: { lease, max: 4 } }
  return judge(database.target({ handoff, revoke }))
}

const good = ({ lend, revoke }: Vault): Leasing => ({ lease: () => lend(), revoke })

describe('leases', () => {
  it('that are renewed, overlap and end are in order', { timeout: 60_000 }, async () => {
    const report = await judged(good)
    expect(redOf(report)).toEqual([])
    expect(report.requirements.find(({ id }) => id === 'UE-HANDOFF-004')?.verdict).toBe('pass')
  })

  it.each<[string, string, RegExp, (vault: Vault) => Leasing]>([
    [
      'are given when they have ended',
      'UE-HANDOFF-004/lasts',
      /^a lease of runtime had ended when it was given\. Remedy: give a new lease/,
      (vault) => ({ ...good(vault), lease: () => vault.lend(-1) }),
    ],
    [
      'end before a transaction does',
      'UE-HANDOFF-004/lasts',
      /^a lease of runtime lasts less than 20000 ms\. Remedy: /,
      (vault) => ({ ...good(vault), lease: () => vault.lend(8_000) }),
    ],
    [
      'are given to nobody',
      'UE-HANDOFF-004/lasts',
      /^no lease of runtime is given \(lease failed\)\. Remedy: see that whoever gives the leases/,
      (vault) => ({
        ...good(vault),
        lease: () => Promise.reject(new Error(`permission denied for ${newCanary()}`)),
      }),
    ],
    [
      'cut off the one before',
      'UE-HANDOFF-004/overlap',
      /the session of the one before works and it is refused \(28P01\)\. Remedy: give each lease a role of its own/,
      rotating,
    ],
    [
      'can be used when they were ended',
      'UE-HANDOFF-004/revoked',
      /a lease of runtime that was ended still gets in\. Remedy: DROP ROLE/,
      (vault) => ({ ...good(vault), revoke: async () => {} }),
    ],
    [
      'are never renewed',
      'UE-HANDOFF-004/revoked',
      /the lease of runtime that comes next is refused \(28000\)\. Remedy: give a new lease whenever/,
      (vault) => {
        let only: Promise<Lease> | null = null
        return { ...good(vault), lease: () => (only ??= vault.lend()) }
      },
    ],
  ])('that %s are found by %s', { timeout: 60_000 }, async (_, by, says, leasing) => {
    const report = await judged(leasing)
    expect(foundBy(report, by)?.join('\n')).toMatch(says)
  })
})

/** One role, with another password each time. */
function rotating(vault: Vault): Leasing {
  let made: Promise<Lease> | null = null
  return {
    revoke: async ({ user }) => {
      await vault.root.query(`alter role ${user} nologin`)
      made = null
    },
    async lease() {
      if (made === null) return (made = vault.lend())
      const { user } = await made
      const password = newCanary()
      await vault.root.query(`alter role ${user} password '${password}'`)
      return { user, password, expiresAt: null }
    },
  }
}
