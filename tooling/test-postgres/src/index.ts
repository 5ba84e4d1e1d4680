export { createDatabases } from './databases.ts'
export type { Coordinates, Databases, TestDatabase } from './databases.ts'
export { serverIdentity } from './binaries.ts'
export { startEmbeddedPostgres } from './embedded.ts'
export type {
  EmbeddedOptions,
  EmbeddedPostgres,
  EmbeddedProcess,
  ServerProcess,
  Standby,
} from './embedded.ts'
export { canMount } from './small-disk.ts'
export { describeTestPostgres, startTestPostgres } from './test-postgres.ts'
export type { TestPostgres, TestPostgresOptions } from './test-postgres.ts'
