import { expect, it } from 'vitest'

import { migrate, migrationStatus, planMigrations, verifyMigrations } from '../src/migrate.ts'
import { createProvidedDatabase } from './provided-database.ts'

const database = await createProvidedDatabase({ migrated: false })
const migrator = { connection: database.config('migrator'), rolePrefix: database.prefix }

it('plans, and changes nothing by it', async () => {
  expect((await planMigrations(migrator)).map(({ name }) => name)).toEqual(['initial'])
  expect(await migrationStatus(migrator)).toMatchObject({ current: 0, state: 'behind' })
})

it('lets one of four at once work, and the others find it done', async () => {
  const reports = await Promise.all([1, 2, 3, 4].map(() => migrate(migrator)))
  expect(reports.flatMap(({ applied }) => applied)).toEqual(['000001_initial'])
  for (const { schemaVersion } of reports)
    expect(schemaVersion).toMatchObject({ current: 1, state: 'current' })
  expect(await verifyMigrations(migrator)).toEqual([])
})
