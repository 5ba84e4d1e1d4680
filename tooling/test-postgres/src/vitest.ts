import { afterAll, inject } from 'vitest'

import { createDatabases, type Coordinates, type Databases, type TestDatabase } from './databases.ts'

declare module 'vitest' {
  interface ProvidedContext {
    testPostgres: Coordinates | null
  }
}

/** The server that the run started for all test files. */
export function testPostgres(): Coordinates & Databases {
  const coordinates = inject('testPostgres')
  if (coordinates === null) throw new Error('this project is not in the list of those that get a Postgres')
  return { ...coordinates, ...createDatabases(coordinates) }
}

/** A database for this test file alone, which ends with it. Call it where `beforeAll` could be called. */
export async function createTestDatabase(options?: {
  readonly template?: TestDatabase
}): Promise<TestDatabase> {
  const server = testPostgres()
  const database = await server.createDatabase(crypto.randomUUID().slice(0, 8), options)
  afterAll(() => server.dropDatabase(database))
  return database
}
