export { createMemoryDatabase, createMemoryStore } from './create-memory-store.ts'
export type { MemoryDatabase, MemoryStoreOptions } from './create-memory-store.ts'
