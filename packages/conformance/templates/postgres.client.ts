import { serveClient } from '@user-engine/conformance'
import { createPostgresStore } from '@user-engine/postgres'

// conformance.config.ts starts it, and the kit kills it in the middle of its work.
const { STORE = '[]' } = process.env
const [handoff, limits] = JSON.parse(STORE) as Parameters<typeof createPostgresStore>

serveClient(createPostgresStore(handoff, limits))
