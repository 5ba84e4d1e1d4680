import { afterAll } from 'vitest'

import { createPostgresStore, type PostgresStoreOptions } from '../src/index.ts'
import type { ProvidedDatabase } from './provided-database.ts'

/** What an application hands over to the store in this database. */
export function storeOptions(database: ProvidedDatabase): PostgresStoreOptions {
  const login = (name: 'runtime' | 'denials' | 'relay') => {
    const { username, password } = new URL(String(database.config(name).connectionString))
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  }
  const { hostname, port, pathname } = new URL(String(database.config('runtime').connectionString))
  return {
    host: hostname,
    port: Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    runtime: login('runtime'),
    denials: login('denials'),
    relay: login('relay'),
  }
}

/** A store that is closed after the test file. */
export function openStore(database: ProvidedDatabase, options: Partial<PostgresStoreOptions> = {}) {
  const store = createPostgresStore({ ...storeOptions(database), ...options })
  afterAll(() => store.close())
  return store
}
