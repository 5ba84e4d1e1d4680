import { afterAll, beforeAll, expect, it } from 'vitest'

import { foundBy, judgeProvider as judge, redOf } from './judged-provider.ts'
import { startProvidedServer, type ProvidedDatabase, type ProvidedServer } from './provided-postgres.ts'

let server: ProvidedServer
beforeAll(async () => {
  server = await startProvidedServer()
})
afterAll(() => server.stop())

const NEW_EPOCH = `update user_engine.outbox_epoch set began_at = greatest(now(), began_at + interval '1 millisecond')`

/** A copy beside the database, made of all that it has at one moment; then the rest of the runbook. */
function restoring({ handoff, admin }: ProvidedDatabase, runbook: readonly string[]) {
  let copies = 0
  return async () => {
    const database = `${handoff.database}_restored_${(copies += 1)}`
    const root = await admin('postgres')
    await root.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, [
      handoff.database,
    ])
    await root.query(`create database ${database} template ${handoff.database}`)
    const restored = await admin(database)
    for (const step of runbook) await restored.query(step)
    await restored.end()
    return {
      handoff: { ...handoff, database },
      dispose: async () => void (await root.query(`drop database ${database} with (force)`)),
    }
  }
}

const judged = async (runbook: readonly string[]) => {
  const database = await server.handOver()
  return judge(database.target({ restore: restoring(database, runbook) }))
}

it('a restore that ends with a new epoch is in order', { timeout: 60_000 }, async () => {
  const report = await judged([NEW_EPOCH])
  expect(redOf(report)).toEqual([])
  expect(report.requirements.find(({ id }) => id === 'UE-BACKUP-004')?.verdict).toBe('pass')
})

it.each<[string, string, RegExp, readonly string[]]>([
  [
    'no new epoch',
    'UE-BACKUP-004/epoch',
    /^the epoch of the restored outbox is not a later one\. Remedy: npx @user-engine\/postgres new-epoch/,
    [],
  ],
  [
    'another list of migrations',
    'UE-BACKUP-006/restored',
    /^the migrations that runtime finds are others than before\. Remedy: restore the whole database/,
    [NEW_EPOCH, `update user_engine.schema_migrations set sha256 = 'another' where id = 1`],
  ],
  [
    'a table without row security',
    'UE-BACKUP-006/restored',
    /^row security does not bind runtime in the restored database\. Remedy: /,
    [NEW_EPOCH, 'alter table user_engine.users disable row level security'],
  ],
])('a restore with %s is found by %s', { timeout: 60_000 }, async (_, by, says, runbook) => {
  const report = await judged(runbook)
  expect(foundBy(report, by)?.[0]).toMatch(says)
  expect(redOf(report)).toEqual([by])
})
