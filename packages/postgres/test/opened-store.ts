import { afterAll } from 'vitest'

import { createPostgresStore, type Handoff, type PostgresStoreOptions } from '../src/index.ts'
import type { ProvidedDatabase } from './provided-database.ts'

/** What a provider hands over of this database. */
export function handoffOf(database: ProvidedDatabase): Handoff {
  const login = (name: 'runtime' | 'denials' | 'relay') => {
    const { username, password } = new URL(String(database.config(name).connectionString))
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  }
  const { hostname, port, pathname } = new URL(String(database.config('runtime').connectionString))
  return {
    endpoint: { host: hostname, port: Number(port) },
    tls: 'plain',
    rolePrefix: database.prefix,
    database: decodeURIComponent(pathname.slice(1)),
    runtime: login('runtime'),
    denials: login('denials'),
    relay: login('relay'),
  }
}

/** A store that is closed after the test file. */
export function openStore(
  database: ProvidedDatabase,
  handoff: Partial<Handoff> = {},
  options: PostgresStoreOptions = {},
) {
  const store = createPostgresStore({ ...handoffOf(database), ...handoff }, options)
  afterAll(() => store.close())
  return store
}
