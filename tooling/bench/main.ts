import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { describeMachine } from './machine.ts'
import { installPeers, peerVersions } from './peers.ts'
import { markdownOf, writePart, type Results } from './report.ts'
import { startServer } from './server.ts'
import type { Suite } from './suite.ts'
import { commands } from './suites/commands.ts'
import { core } from './suites/core.ts'
import { bulkImport } from './suites/import.ts'
import { outbox } from './suites/outbox.ts'
import { provision } from './suites/provision.ts'
import { signIn } from './suites/sign-in.ts'
import { start } from './suites/start.ts'

const SUITES: Readonly<Record<string, Suite>> = {
  provision,
  'sign-in': signIn,
  commands,
  import: bulkImport,
  outbox,
  core,
  start,
}
const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const RESULTS = fileURLToPath(new URL('./results.json', import.meta.url))

const USAGE = `usage: pnpm bench [NAME ...] [--minutes N] [--seconds N] [--reps N] [--seed N] [--large] [--no-write]

NAME        ${Object.keys(SUITES).join(', ')}; default: all
--minutes   how long all of it may take; default 20. What is not reached is said.
--seconds   how long a cell lasts; default 1
--reps      how often all contestants take their turn, at most; default 5
--seed      decides whom it asks for; default 1
--large     also what takes long: two million users, a million of them imported
--no-write  prints, and leaves docs/performance.md and results.json as they are`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    minutes: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '1' },
    reps: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    large: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
  },
})
const { large, write } = values
const [minutes, seconds, reps, seed] = [values.minutes, values.seconds, values.reps, values.seed].map(
  Number,
) as [number, number, number, number]
const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name))
const counts = [reps, seed].every((count) => Number.isSafeInteger(count) && count > 0)
if (unknown.length > 0 || !counts || !(seconds > 0) || !(minutes > 0)) {
  console.error(USAGE)
  process.exit(2)
}

const results: Record<string, Results[string]> = existsSync(RESULTS)
  ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results)
  : {}
installPeers()
const started = performance.now()
const end = started + minutes * 60_000
const progress = (line: string) =>
  console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`)
const flags = [`--minutes ${minutes}`, `--seconds ${seconds}`, `--reps ${reps}`, `--seed ${seed}`]

const waiting = Object.entries(SUITES).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)
for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
  const [name, suite] = next
  const now = performance.now()
  const shares = waiting.reduce((sum, [, { share }]) => sum + share, suite.share)
  const pace = { seconds, reps, deadline: now + ((end - now) * suite.share) / shares }
  const server = await startServer()
  try {
    const result = await suite.run({ server, pace, random: createRandom(seed), large, progress })
    const run = {
      on: new Date().toISOString().slice(0, 10),
      ...describeMachine(),
      postgres: server.postgres.version,
    }
    results[name] = { run, ...result }
    const command = ['pnpm bench', name, ...flags, ...(large ? ['--large'] : [])].join(' ')
    const markdown = markdownOf(command, suite, results[name])
    console.log(markdown)
    if (!write) continue
    writeFileSync(RESULTS, `${JSON.stringify({ ...results, peers: peerVersions() }, null, 2)}\n`)
    writePart(PAGE, name, markdown)
  } finally {
    await server.stop()
  }
}
progress('done')

/** Numbers from 0 to 1 that a seed decides (xorshift32). */
function createRandom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
