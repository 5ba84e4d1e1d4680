import type { Case } from '../case.ts'
import { clock } from './clock.ts'
import { connections } from './connections.ts'
import { durability } from './durability.ts'
import { leases } from './leases.ts'
import { logins } from './logins.ts'
import { pooler } from './pooler.ts'
import { privileges } from './privileges.ts'
import { restore } from './restore.ts'
import { rowSecurity } from './row-security.ts'
import { serverVersion } from './server-version.ts'
import { text } from './text.ts'
import { timeouts } from './timeouts.ts'
import { tls } from './tls.ts'

/**
 * What a provider's Postgres is judged by, from its handoff alone. They look, and change nothing but what `migrate` does:
 * whatever they write is rolled back.
 */
export const providerCases: readonly Case[] = [
  ...logins,
  ...pooler,
  ...connections,
  ...leases,
  ...text,
  ...timeouts,
  ...clock,
  ...privileges,
  ...tls,
  ...serverVersion,
  ...rowSecurity,
  ...durability,
  ...restore,
]
