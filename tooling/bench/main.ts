import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { describeMachine } from './machine.ts'
import { installPeers, peerVersions } from './peers.ts'
import { markdownOf, writePart, type Results } from './report.ts'
import { startServer } from './server.ts'
import type { Suite } from './suite.ts'
import { commands } from './suites/commands.ts'
import { outbox } from './suites/outbox.ts'
import { provision } from './suites/provision.ts'
import { signIn } from './suites/sign-in.ts'

const SUITES: Readonly<Record<string, Suite>> = { provision, 'sign-in': signIn, commands, outbox }
const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const RESULTS = fileURLToPath(new URL('./results.json', import.meta.url))

const USAGE = `usage: pnpm bench [NAME ...] [--seconds N] [--reps N] [--large] [--no-write]

NAME        ${Object.keys(SUITES).join(', ')}; default: all
--seconds   how long a cell lasts; default 1
--reps      how often all contestants take their turn; default 5
--large     also what takes long: two million users, an import of a million
--no-write  prints, and leaves docs/performance.md and results.json as they are`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    seconds: { type: 'string', default: '1' },
    reps: { type: 'string', default: '5' },
    large: { type: 'boolean', default: false },
    write: { type: 'boolean', default: true },
  },
})
const pace = { seconds: Number(values.seconds), reps: Number(values.reps) }
const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0 || !(pace.seconds > 0) || !Number.isInteger(pace.reps) || pace.reps < 1) {
  console.error(USAGE)
  process.exit(2)
}

const chosen = Object.entries(SUITES).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)
const results: Record<string, Results[string]> = existsSync(RESULTS)
  ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Results)
  : {}
installPeers()
const started = performance.now()
const progress = (line: string) =>
  console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`)
const flags = process.argv.slice(2).filter((flag) => flag.startsWith('--') && flag !== '--no-write')

for (const [name, suite] of chosen) {
  const server = await startServer()
  try {
    const result = await suite.run({ server, pace, large: values.large, progress })
    const { seconds, reps } = pace
    const run = {
      on: new Date().toISOString().slice(0, 10),
      ...describeMachine(),
      postgres: server.postgres.version,
      cells: `${reps} of ${seconds} s`,
    }
    results[name] = { run, ...result }
    const command = ['pnpm bench', name, ...flags].join(' ')
    const markdown = markdownOf(command, suite, results[name])
    console.log(markdown)
    if (!values.write) continue
    writeFileSync(RESULTS, `${JSON.stringify({ ...results, peers: peerVersions() }, null, 2)}\n`)
    writePart(PAGE, name, markdown)
  } finally {
    await server.stop()
  }
}
progress('done')
