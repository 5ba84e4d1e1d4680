import { createPostgresStore } from '@user-engine/postgres'

import { serveClient } from '../src/client.ts'

const { STORE = '[]' } = process.env
const [handoff, limits] = JSON.parse(STORE) as Parameters<typeof createPostgresStore>

serveClient(createPostgresStore(handoff, limits))
