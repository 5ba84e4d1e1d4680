import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker'
import pg from 'pg'

const logger = new Logger(() => () => {})

export async function fill(connectionString, count) {
  await runMigrations({ connectionString, logger })
  const utils = await makeWorkerUtils({ connectionString, logger })
  await utils.addJob('deliver', {}) // Makes the task known.
  await utils.release()
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(`select graphile_worker.add_jobs(array(
    select json_populate_record(null::graphile_worker.job_spec, json_build_object('identifier', 'deliver', 'payload',
      json_build_object('userId', '01970000-0000-7000-8000-000000000001', 'state', 'active', 'origin', 'unmanaged')))
    from generate_series(2, ${count})))`)
  await client.end()
}

/** Tuned as its documentation does for throughput: a local queue and batched completion. */
export async function prepare(connectionString, expected) {
  return {
    async drain(batchSize, relays) {
      let delivered = 0
      const all = Promise.withResolvers()
      const taskList = {
        deliver: async () => {
          delivered += 1
          if (delivered === expected) all.resolve()
        },
      }
      const preset = {
        worker: {
          connectionString,
          concurrentJobs: 24,
          maxPoolSize: 10,
          pollInterval: 100,
          localQueue: { size: batchSize },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      }
      const runners = await Promise.all(
        Array.from({ length: relays }, () => run({ preset, taskList, logger, noHandleSignals: true })),
      )
      await all.promise
      // Completions are sent in batches: they are done when the runner has stopped.
      await Promise.all(runners.map((runner) => runner.stop()))
      return delivered
    },
    close: async () => {},
  }
}
