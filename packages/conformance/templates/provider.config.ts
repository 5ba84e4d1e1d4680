import { readFileSync } from 'node:fs'

import { defineProvider, type ProviderOptions } from '@user-engine/conformance/postgres'
import { migrate, migratorOptions } from '@user-engine/postgres/migrate'

const { env } = process
const { PGHOST: host = '127.0.0.1', PGPORT = '5432', PGDATABASE: database = 'app', PGSSLROOTCERT } = env
const rolePrefix = 'user_engine'
const login = (purpose: string) => ({
  user: `${rolePrefix}_${purpose}`,
  password: () => env[`${purpose.toUpperCase()}_PASSWORD`] ?? '',
})

// As your applications are handed it, with the login of the migrator beside; put your pooler and your leases here.
const handoff: ProviderOptions['handoff'] = {
  endpoint: { host, port: Number(PGPORT) },
  database,
  tls: PGSSLROOTCERT === undefined ? 'plain' : { ca: readFileSync(PGSSLROOTCERT, 'utf8') },
  rolePrefix,
  runtime: login('runtime'),
  denials: login('denials'),
  relay: login('relay'),
  migrator: login('migrator'),
}

const target = defineProvider({
  identity: { name: 'your-store', version: '0.0.0' },
  handoff,
  // Without it nothing is said of rights and row security. Further powers: revoke, for leases; restore; administer, with
  // which selftest spoils the database and mends it again.
  migrate: async () => migrate(await migratorOptions(handoff)),
})

export default { target, profiles: ['provider-postgres'] as const }
