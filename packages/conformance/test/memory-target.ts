export { createMemoryTarget, observe, type MemoryInstance } from '../src/demo/memory-target.ts'
