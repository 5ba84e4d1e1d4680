export { createPostgresStore } from './create-postgres-store.ts'
export type { PostgresStoreOptions } from './create-postgres-store.ts'
export type { Endpoint, Login } from './pool.ts'
