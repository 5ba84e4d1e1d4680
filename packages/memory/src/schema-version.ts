import type { SchemaVersionReport } from '@user-engine/store'

/** There is one schema, made with the store: no migration can be missing. */
export const schemaVersion: SchemaVersionReport = Object.freeze({
  current: 1,
  supported: Object.freeze({ min: 1, max: 1 }),
  state: 'current',
  pending: Object.freeze([]),
})
