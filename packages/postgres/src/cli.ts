#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

import { isStoreError } from '@user-engine/store'

import { createPostgresStore } from './create-postgres-store.ts'
import { diagnose } from './doctor.ts'
import { HandoffError, type Handoff } from './handoff.ts'
import { checkedKeepDays } from './maintenance.ts'
import {
  distribute,
  exportMigrations,
  isMigrationError,
  maintain,
  migrate,
  migrationStatus,
  planMaintenance,
  planMigrations,
  verifyMigrations,
  type KeepDays,
  type MaintenanceStep,
} from './migrate.ts'
import { migratorOptions } from './migrator.ts'
import { fileName } from './schema-version.ts'

const USAGE = `user-engine-postgres <command> --handoff <file>

  migrate plan     what would be applied now
  migrate apply    applies it; any number may at once
  migrate status   how the schema relates to this release; exit code 1 where it is not current
  migrate verify   everything in which the database is not as it must be; exit code 1 where there is anything
  migrate export --out <folder>   the SQL and a manifest, for a provider who has a migration tool of their own;
                   with the role names of the handoff where one is given
  maintain plan    the partitions that would be made and dropped now
  maintain apply   does that, and removes idempotency keys whose time is over; to be run each day
  distribute       on Citus: spreads over its servers what is not yet, after each \`migrate apply\`
  new-epoch        after a restore, before a relay starts: tells consumers that versions may come again
  doctor           every check of readiness, with what to do; exit code 1 where one fails

  --handoff <file>  a module (.ts, .js, .json) whose default export is the handoff
  --keep <table>=<days>  what a partitioned table keeps from now on, 'forever' for all; more than once for several
  --deadline <seconds>  for \`migrate apply\`, waiting included; a minute where absent, more to index what is large
  --json            for a program to read

Exit code: 0 done, 1 there is something to do, 2 used wrongly, 3 failed.`

const PROBLEMS = 1
const MISUSED = 2
const FAILED = 3

interface Options {
  readonly handoff?: string | undefined
  readonly out?: string | undefined
  readonly keep: KeepDays
  readonly deadlineMs: number
  readonly json: boolean
}

class Misuse extends Error {}

async function loadHandoff({ handoff: path }: Options): Promise<Handoff> {
  if (path === undefined) throw new Misuse('Say which handoff: --handoff <file>.')
  const isJson = path.endsWith('.json')
  const from = pathToFileURL(resolve(path)).href
  try {
    const loaded: unknown = isJson ? await import(from, { with: { type: 'json' } }) : await import(from)
    return (loaded as { readonly default: Handoff }).default
  } catch {
    // What the module threw stays out: it may print what it has read.
    throw new Misuse('The handoff can not be imported: it is a module with a default export.')
  }
}

/** Prints the result and answers the exit code. */
type Command = (options: Options) => Promise<number>

function print({ json }: Options, value: unknown, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(value) : lines.join('\n'))
}

const COMMANDS: Readonly<Record<string, Command>> = {
  async 'migrate plan'(options) {
    const plan = await planMigrations(await migratorOptions(await loadHandoff(options)))
    const names = plan.map(fileName)
    print(options, names, names.length === 0 ? ['Nothing is to be applied.'] : names)
    return 0
  },
  async 'migrate apply'(options) {
    const migrator = await migratorOptions(await loadHandoff(options))
    const { applied, schemaVersion } = await migrate({ ...migrator, deadlineMs: options.deadlineMs })
    const lines = applied.map((name) => `applied ${name}`)
    print(options, { applied, schemaVersion }, [...lines, `The schema is at ${schemaVersion.current}.`])
    return 0
  },
  async 'migrate status'(options) {
    const status = await migrationStatus(await migratorOptions(await loadHandoff(options)))
    const { state, current, pending, supported } = status
    const lines = [
      `The schema is ${state}, at ${current}; this release reads ${supported.min} to ${supported.max}.`,
    ]
    print(options, status, [...lines, ...pending.map((name) => `pending ${name}`)])
    return state === 'current' ? 0 : PROBLEMS
  },
  async 'migrate verify'(options) {
    const findings = await verifyMigrations(await migratorOptions(await loadHandoff(options)))
    const lines = findings.map(({ code, object, what }) => [code, object, what].filter(Boolean).join(' '))
    print(options, findings, lines.length === 0 ? ['All is as it must be.'] : lines)
    return findings.length === 0 ? 0 : PROBLEMS
  },
  async 'migrate export'(options) {
    if (options.out === undefined) throw new Misuse('Say where to: --out <folder>.')
    mkdirSync(options.out, { recursive: true })
    const { handoff } = options
    const rolePrefix = handoff === undefined ? undefined : (await loadHandoff(options)).rolePrefix
    const exported = exportMigrations(rolePrefix)
    for (const { file, sql } of exported) writeFileSync(join(options.out, file), sql)
    const manifest = exported.map(({ sql: _, ...rest }) => rest)
    writeFileSync(join(options.out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    print(
      options,
      manifest,
      manifest.map(({ file, sha256 }) => `${sha256}  ${file}`),
    )
    return 0
  },
  async 'maintain plan'(options) {
    const migrator = await migratorOptions(await loadHandoff(options))
    const steps = await planMaintenance({ ...migrator, keepDays: options.keep })
    print(options, steps, steps.length === 0 ? ['Nothing is to be done.'] : steps.map(describe))
    return 0
  },
  async 'maintain apply'(options) {
    const migrator = await migratorOptions(await loadHandoff(options))
    const report = await maintain({ ...migrator, keepDays: options.keep })
    print(options, report, [
      ...report.steps.map(describe),
      `${report.expiredKeys} expired keys were removed.`,
    ])
    return 0
  },
  async distribute(options) {
    const tables = await distribute(await migratorOptions(await loadHandoff(options)))
    print(
      options,
      tables,
      tables.length === 0 ? ['Everything is spread.'] : tables.map((each) => `spread ${each}`),
    )
    return 0
  },
  async 'new-epoch'(options) {
    const store = createPostgresStore(await loadHandoff(options))
    try {
      const epoch = await store.outbox.startEpoch()
      print(options, { epoch }, [`The outbox is in the epoch ${epoch.toISOString()}.`])
      return 0
    } finally {
      await store.close()
    }
  },
  async doctor(options) {
    const diagnoses = await diagnose(await loadHandoff(options))
    const lines = diagnoses.flatMap(({ code, status, meaning, remedy, details }) => [
      `${status.padEnd(4)} ${code}: ${meaning}`,
      ...(remedy === null ? [] : [`     ${JSON.stringify(details)}`, `     ${remedy}`]),
    ])
    print(options, diagnoses, lines)
    return diagnoses.some(({ status }) => status === 'fail') ? PROBLEMS : 0
  },
}

function describe({ action, partition, from, to }: MaintenanceStep): string {
  return `${action} ${partition}: ${from.toISOString()} to ${to.toISOString()}`
}

function parseKeep(given: readonly string[]): KeepDays {
  const entries = given.map((each) => {
    const [, table, days] = /^(\w+)=(\d+|forever)$/.exec(each) ?? []
    if (table === undefined) throw new Misuse('Say of what and how long: --keep audit_records=3650.')
    return [table, days === 'forever' ? null : Number(days)] as const
  })
  try {
    return checkedKeepDays(Object.fromEntries(entries))
  } catch (error) {
    throw new Misuse((error as TypeError).message)
  }
}

function parseSeconds(given: string): number {
  if (!/^[1-9]\d{0,5}$/.test(given)) throw new Misuse('Say how many seconds: --deadline 3600.')
  return Number(given)
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      handoff: { type: 'string' },
      out: { type: 'string' },
      keep: { type: 'string', multiple: true, default: [] },
      deadline: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const name = positionals.join(' ')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command !== undefined && !values.help) {
    const deadlineMs = parseSeconds(values.deadline) * 1000
    return command({ ...values, keep: parseKeep(values.keep), deadlineMs })
  }
  console.log(USAGE)
  return values.help ? 0 : MISUSED
}

/** Of an error that is not ours nothing is printed but its kind: a driver's may quote a credential. */
function explain(error: unknown): readonly [message: string, code: number] {
  if (error instanceof Misuse || error instanceof HandoffError) return [error.message, MISUSED]
  if (error instanceof TypeError && 'code' in error) return [error.message, MISUSED]
  if (isStoreError(error)) return [`${error.code}: ${error.message}`, FAILED]
  if (isMigrationError(error)) return [`${error.code}: ${error.message}`, FAILED]
  return ['It failed for a reason that can not be shown without what is secret.', FAILED]
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const [message, code] = explain(error)
  console.error(message)
  process.exitCode = code
}
