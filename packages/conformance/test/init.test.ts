import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { testPostgres } from '@user-engine/test-postgres/vitest'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { cli, run, source, type Environment } from './child.ts'
import { NAME, startProvidedServer } from './provided-postgres.ts'

// Inside of the package, where a provider's repository would find the kit in its node_modules.
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(import.meta.dirname, 'init-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const command = (args: readonly string[], env: Environment = {}) => run([source, cli, ...args], env, folder)
const write = (file: string, text: string) => writeFileSync(join(folder, file), text)
const read = (file: string) => readFileSync(join(folder, file), 'utf8')
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted((one, other) => (one < other ? -1 : 1))

describe('init', () => {
  it('writes a target, a test file and a pipeline for the repository that it finds', async () => {
    write(
      'package.json',
      JSON.stringify({
        name: "it's ours",
        version: '2.1.0',
        type: 'module',
        devDependencies: { vitest: '*' },
      }),
    )
    write('pnpm-lock.yaml', '')
    expect((await command(['init'])).code).toBe(0)
    expect(read('conformance.config.ts')).toContain(String.raw`{ name: 'it\'s ours', version: '2.1.0' }`)
    expect(read('conformance.test.ts')).toContain("import { afterAll, describe, it } from 'vitest'")
    expect(read('.github/workflows/conformance.yml')).toContain('&& pnpm install --frozen-lockfile\n')
  })

  it('takes node:test and GitLab where the repository or the caller says so, and no pipeline where none is wanted', async () => {
    write('.gitlab-ci.yml', '')
    await command(['init'])
    expect(files()).toEqual([
      '.gitlab-ci.yml',
      'conformance.config.ts',
      'conformance.gitlab-ci.yml',
      'conformance.test.ts',
    ])
    expect(read('conformance.test.ts')).toContain("from 'node:test'")
    rmSync(join(folder, 'conformance.config.ts'))
    rmSync(join(folder, 'conformance.test.ts'))
    expect((await command(['init', '--runner', 'vitest', '--ci', 'none'])).output).not.toContain('gitlab')
    expect(read('conformance.test.ts')).toContain("from 'vitest'")
  })

  it('overwrites nothing: where one file is there, it writes none', async () => {
    write('conformance.test.ts', 'mine')
    const { code, output } = await command(['init'])
    expect({ code, output }).toEqual({
      code: 3,
      output: 'Nothing was written: conformance.test.ts would be overwritten.\n',
    })
    expect(files()).toEqual(['conformance.test.ts'])
    expect(read('conformance.test.ts')).toBe('mine')
  })

  it.each([
    [['--for', 'oracle'], '--for is store or postgres or provider, and not oracle.'],
    [['--runner', 'jest'], '--runner is vitest or node-test, and not jest.'],
    [['--ci', 'toString'], '--ci is github or gitlab or none, and not toString.'],
  ])('says what %s can be', async (args, message) => {
    const { code, output } = await command(['init', ...args])
    expect({ code, output }).toEqual({ code: 3, output: `${message}\n` })
    expect(files()).toEqual([])
  })

  it('says what is wrong with package.json', async () => {
    write('package.json', '{')
    expect(await command(['init'])).toMatchObject({
      code: 3,
      output: 'package.json can not be read as JSON.\n',
    })
  })
})

describe('what init wrote', () => {
  it('is invalid until it opens a store, and says where', async () => {
    await command(['init', '--ci', 'none'])
    const { code, output } = await command(['run'])
    expect(output).toMatch(
      /INVALID: .* The target failed at open: Error: openYourStore of conformance\.config\.ts opens nothing yet/,
    )
    expect(code).toBe(3)
  })

  it('judges the store by the command and under node:test when it does', { timeout: 300_000 }, async () => {
    await command(['init', '--ci', 'none', '--runner', 'node-test'])
    write(
      'conformance.config.ts',
      read('conformance.config.ts')
        .replace(/ {2}throw new Error\(.*\)/, '  return Promise.resolve(databaseOf(name).open())')
        .replace(
          'const target',
          `let ahead = 0
          const databases = new Map<string, MemoryDatabase>()
          function databaseOf(name: string) {
            const clock = () => new Date(Date.now() + ahead)
            const database = databases.get(name) ?? createMemoryDatabase({ clock })
            databases.set(name, database)
            return database
          }
          const target`,
        )
        .replace(
          '  // Closes what',
          `  clock: { advance: async (_, ms) => void (ahead += ms) },\n  // Closes what`,
        )
        .replace(/^/, `import { createMemoryDatabase, type MemoryDatabase } from '@user-engine/memory'\n`),
    )
    const judged = await command(['run'])
    expect(judged.output).toMatch(/verdict +CONFORMANT/)
    expect(judged.code).toBe(0)
    const tested = await run([source, '--test', 'conformance.test.ts'], {}, folder)
    expect(tested.output).toMatch(/pass \d{3}/)
    expect(tested.code).toBe(0)
    expect(existsSync(join(folder, 'conformance-results/report.html'))).toBe(true)
    const proved = await command(['selftest'])
    expect(proved.output).toMatch(
      /\d+ killed, 0 survived, 0 led astray, 0 too broad, \d+ untried; 0 stable MUSTs unwatched/,
    )
    expect(proved.code).toBe(0)
  })

  it('judges a server of Postgres, and leaves nothing on it', { timeout: 120_000 }, async () => {
    const { host, port, adminUser, adminPassword } = testPostgres()
    const login = { host, port, user: adminUser, password: adminPassword }
    const env = { PGHOST: host, PGPORT: String(port), PGUSER: adminUser, PGPASSWORD: adminPassword }
    await command(['init', '--for', 'postgres', '--ci', 'none'])
    // Other tests have databases and roles there too: it is known by what it names them after.
    const named = read('conformance.config.ts').replace('uec_$', 'init_$')
    write('conformance.config.ts', named)
    const { code, output } = await command(
      ['run', '--only', 'UE-AUDIT', '--only', 'UE-SCHEMA', '--only', 'UE-TRANSACTION-013'],
      env,
    )
    expect(output).toMatch(/verdict +PARTIAL/)
    expect(output).not.toContain('the target has no power faults.client')
    expect(output).not.toContain('FAIL')
    expect(code).toBe(2)
    const client = new Client({ ...login, database: 'postgres' })
    await client.connect()
    const { rows } = await client.query("select rolname from pg_roles where rolname like 'init\\_%'")
    await client.end()
    expect(rows).toEqual([])
  })

  it(
    'judges a database that is handed over, by the command and under node:test, and spoils what is handed over',
    { timeout: 300_000 },
    async () => {
      const provided = await startProvidedServer()
      const { handoff } = await provided.handOver()
      const { host, port } = handoff.endpoint
      const env = {
        PGHOST: host,
        PGPORT: String(port),
        PGDATABASE: handoff.database,
        PGSSLROOTCERT: provided.authority,
        ...Object.fromEntries(
          (['runtime', 'denials', 'relay', 'migrator'] as const).map((purpose) => [
            `${purpose.toUpperCase()}_PASSWORD`,
            handoff[purpose].password,
          ]),
        ),
      }
      await command(['init', '--for', 'provider', '--runner', 'node-test', '--ci', 'github'])
      write(
        'conformance.config.ts',
        read('conformance.config.ts')
          .replace(`'user_engine'`, `'${handoff.database}'`)
          .replace(`'utf8') }`, `'utf8'), serverName: '${NAME}' }`),
      )
      const judged = await command(['run', '--profile', 'provider-postgres'], env)
      expect(judged.output).toMatch(/verdict +CONFORMANT/)
      expect(judged.output).toContain('the target has no power provider.leases')
      expect(judged.code).toBe(0)
      const tested = await run([source, '--test', 'conformance.test.ts'], env, folder)
      expect(tested.output).toMatch(/pass \d{2}/)
      expect(tested.code).toBe(0)
      const spoilt = await command(['selftest'], env)
      expect(spoilt.output).toMatch(/^\d killed, 0 survived, 0 led astray, 0 too broad, \d+ untried;/m)
      expect(spoilt.code).toBe(0)
      await provided.stop()
    },
  )
})
