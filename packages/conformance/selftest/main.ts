import { PROFILES } from '../src/catalogue/profiles.ts'
import { faultyPostgres, faultyProviders, faultyStores, selftest, type Kill } from '../src/faulty.ts'
import { lineOf, summarize } from '../src/faulty/summary.ts'
import { startOwnServer } from '../test/own-server.ts'
import { createStoreTarget } from '../test/postgres-target.ts'
import { startProvidedServer } from '../test/provided-postgres.ts'
import { createServedTarget } from '../test/served-target.ts'

/**
 * The kit against each faulty store: those that need no more than a store are made of a good one in memory that has every
 * power, so that none stays untried, and the databases of a server that is nobody else's. And against each faulty provider
 * that can be made of a running server.
 */
const print = (kill: Kill) => console.log(lineOf(kill))
const started = performance.now()
const inMemory = await selftest(createServedTarget(), {}, print)
const server = await startOwnServer()
const target = await createStoreTarget(server, server.own)
const onPostgres = await selftest(target, { faulty: [], timeScale: 0.5 }, print)
await target.dispose()
await server.stop()
const provided = await startProvidedServer()
const handedOver = await selftest((await provided.handOver()).target(), { timeScale: 0.5 }, print)
await provided.stop()

const judged = PROFILES.filter((profile) => profile !== 'engine')
const { lines, sound } = summarize([...inMemory, ...onPostgres, ...handedOver], judged)
for (const line of lines) console.log(line)
console.log(
  `${faultyStores.length + faultyPostgres.length} faulty stores, ${faultyPostgres.length} of them on Postgres, and ` +
    `${faultyProviders.length} faulty providers, in ${Math.round((performance.now() - started) / 1000)} s`,
)
process.exit(sound ? 0 : 1)
