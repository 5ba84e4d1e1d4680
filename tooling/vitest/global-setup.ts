import type { TestProject } from 'vitest/node'

import { describeTestPostgres, startTestPostgres } from '../test-postgres/src/index.ts'
import type {} from '../test-postgres/src/vitest.ts'

const WITH_POSTGRES = ['postgres', 'conformance', 'example', 'tooling', 'compatibility']

/** One Postgres for the whole run; none where no selected project needs it. */
export default async function setup({
  vitest,
  provide,
}: TestProject): Promise<(() => Promise<void>) | undefined> {
  provide('testPostgres', null)
  if (!vitest.projects.some(({ name }) => WITH_POSTGRES.includes(name))) return undefined
  const started = performance.now()
  const {
    process: _,
    createDatabase: __,
    dropDatabase: ___,
    stop,
    ...coordinates
  } = await startTestPostgres()
  provide('testPostgres', coordinates)
  console.log(
    `${describeTestPostgres(coordinates)}, started in ${Math.round(performance.now() - started)} ms`,
  )
  return stop
}
