export { createPostgresStore } from './create-postgres-store.ts'
export type { PostgresStoreOptions } from './postgres-store-options.ts'
export type { Handoff } from './handoff.ts'
