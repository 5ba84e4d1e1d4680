import type { Client } from 'pg'

import type { Lease } from '../src/handoff.ts'
import { roleName } from '../src/role-names.ts'

/** Lends logins of the runtime, each of them new, as Vault's database engine does. */
export interface Vault {
  lend(lifetimeMs: number | null): Promise<Lease>
  /** Ends a login for good: nobody gets in with it any more, and who is in is thrown out. Answers how many were. */
  revoke(lease: Lease): Promise<number>
}

export function createVault(admin: Client, prefix: string): Vault {
  let lent = 0
  return {
    async lend(lifetimeMs) {
      lent += 1
      const user = `${prefix}_lease_${lent}`
      const password = crypto.randomUUID()
      await admin.query(
        `create role ${user} login password '${password}' in role ${roleName('runtime', prefix)};
         alter role ${user} set statement_timeout = '5s';
         alter role ${user} set lock_timeout = '3s';
         alter role ${user} set idle_in_transaction_session_timeout = '5s'`,
      )
      return { user, password, expiresAt: lifetimeMs === null ? null : new Date(Date.now() + lifetimeMs) }
    },
    async revoke({ user }) {
      await admin.query(`drop role ${user}`)
      const { rows } = await admin.query<{ ended: boolean }>(
        'select pg_terminate_backend(pid) as ended from pg_stat_activity where usename = $1 or usename is null and backend_type = $2',
        [user, 'client backend'],
      )
      return rows.length
    },
  }
}
