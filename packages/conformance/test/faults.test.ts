import { writeFileSync } from 'node:fs'

import { createUserEngine } from '@user-engine/core'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startFaultDatabase, type FaultDatabase } from './fault-database.ts'
import { send } from './fault-load.ts'
import { countRows, FAULTS, tryFault, type Trial } from './fault-trial.ts'

/** `pnpm faults` asks for the long form, and for what was found. */
const long = process.env['USER_ENGINE_FAULTS']
const trials: Trial[] = []
let database: FaultDatabase

beforeAll(async () => {
  database = await startFaultDatabase()
})
afterAll(async () => {
  await database.stop()
  if (long !== undefined) writeFileSync(long, JSON.stringify(trials))
})

it('the count sees each part of a command that is missing, and each that is there twice', async () => {
  const store = database.openStore({})
  const engine = createUserEngine({
    store,
    authorize: () => ({ allow: true }),
    requestHashKeys: ['k'.repeat(32)],
  })
  const commands = ['none', 'flat', 'composed', 'unaudited', 'unheard', 'half', 'twice']
  for (const key of commands.slice(1)) {
    const context = { actor: { kind: 'service', id: 'load' } as const, tenantId: null, correlationId: key }
    await send(engine.as(context), key, key === 'composed')
  }
  await store.close()
  const admin = await database.admin()
  await admin.query(`
    delete from user_engine.audit_records where correlation_id = 'unaudited';
    delete from user_engine.outbox_events where correlation_id = 'unheard';
    delete from user_engine.accounts where user_id = (
      select user_id from user_engine.external_identities where subject = 'half');
    update user_engine.audit_records set correlation_id = 'twice' where correlation_id = 'flat'`)
  const found = await countRows(admin, commands)
  await admin.end()
  expect(Object.fromEntries(found)).toEqual({
    none: [0, 0, 0, 0, 0, 0],
    flat: [1, 1, 1, 0, 3, 1],
    composed: [1, 1, 1, 2, 4, 2],
    unaudited: [1, 1, 1, 0, 3, 1],
    unheard: [1, 1, 1, 1, 0, 1],
    half: [1, 0, 1, 1, 3, 1],
    twice: [2, 2, 1, 2, 3, 1],
  })
})

it.each(Object.entries(FAULTS))(
  '%s: every command is there as a whole, or not at all',
  async (fault, { rounds, loses = false }) => {
    const trial = await tryFault(database, fault, long === undefined ? 3 : rounds)
    trials.push(trial)
    expect(trial).toMatchObject({ twice: 0, mismatched: 0 })
    // Where nothing is promised something has to be lost, or it was not the fault that it says.
    expect(trial.lost > 0).toBe(loses)
    expect(trial.errors).not.toHaveProperty('untyped')
    // Otherwise nothing was tried.
    expect(Object.keys(trial.errors)).not.toEqual([])
  },
  600_000,
)
