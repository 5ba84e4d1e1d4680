import { faultyStores } from '@user-engine/conformance/faulty'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  copyProvider,
  createRepository,
  packAll,
  PACKAGES,
  removeAll,
  type Repository,
} from './repository.ts'

const ENTRIES = [
  'store',
  'core',
  'memory',
  'postgres',
  'postgres/migrate',
  'postgres/consumer',
  'postgres/roles',
  'conformance',
  'conformance/vitest',
  'conformance/node-test',
  'conformance/faulty',
  'conformance/engine',
  'conformance/postgres',
]
/** The store that the provider's files spoil theirs with. */
const broken = faultyStores.find(({ breaks }) => breaks === 'UE-TRANSACTION-002')
const STRICT =
  '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --allowImportingTsExtensions ' +
  '--module nodenext --target es2024 --types node'
const SLOW = { timeout: 180_000 }

let folder = ''
let provider: Repository

beforeAll(async () => {
  folder = await packAll()
  provider = createRepository(folder, 'provider')
  copyProvider(folder, 'provider')
  await provider.install(PACKAGES, ['pg@8', 'vitest@5', '@types/node@24', '@types/pg@8', 'typescript@7'])
}, 180_000)

afterAll(() => removeAll(folder))

describe('each package alone', () => {
  it.each([
    ['store', ['store'], ['@user-engine/store']],
    ['memory', ['store', 'memory'], ['@user-engine/memory', '@user-engine/store']],
    ['core', ['store', 'core'], ['@opentelemetry/api', '@user-engine/core', '@user-engine/store', 'zod']],
  ] as const)('%s brings nothing that it does not need', SLOW, async (name, packages, expected) => {
    const repository = createRepository(folder, `alone-${name}`)
    await repository.install(packages)
    expect(
      repository
        .installed()
        .filter((each) => !each.startsWith('.'))
        .toSorted(),
    ).toEqual(expected)
    const { code, output } = await repository.exec(
      'node',
      '--eval',
      `console.log(Object.keys(require('@user-engine/${name}')).length > 0)`,
    )
    expect({ code, output }).toEqual({ code: 0, output: 'true\n' })
  })

  it('postgres brings its query builder and nothing of the engine', SLOW, async () => {
    const repository = createRepository(folder, 'alone-postgres')
    await repository.install(['store', 'postgres'], ['pg@8'])
    const ours = repository.installed().filter((each) => each.startsWith('@user-engine/'))
    expect(ours).toEqual(['@user-engine/postgres', '@user-engine/store'])
    expect(repository.installed()).toContain('kysely')
    const script = `console.log(typeof require('@user-engine/postgres').createPostgresStore)`
    const { code, output } = await repository.exec('node', '--eval', script)
    expect({ code, output }).toEqual({ code: 0, output: 'function\n' })
  })

  it('conformance needs neither core nor pg to judge a store', SLOW, async () => {
    const repository = createRepository(folder, 'store-only')
    copyProvider(folder, 'store-only')
    await repository.install(['store', 'memory', 'conformance'])
    const installed = repository.installed()
    for (const absent of ['@user-engine/core', 'pg', 'kysely', 'vitest'])
      expect(installed).not.toContain(absent)
    const { code, output } = await repository.exec(
      'npx',
      'user-engine-conformance',
      'run',
      './conformance.config.ts',
    )
    expect(output).toContain('verdict       CONFORMANT')
    expect(code).toBe(0)
    const demo = await repository.exec('npx', 'user-engine-conformance', 'demo')
    expect(demo.output).toContain('It was found by UE-TENANT-001, the promise that this breaks.')
    expect(demo.code).toBe(0)
  })
})

describe('who provides Postgres', () => {
  it('is judged with the kit and pg, without any adapter', SLOW, async () => {
    const repository = createRepository(folder, 'platform')
    await repository.install(['store', 'memory', 'conformance'], ['pg@8'])
    expect(repository.installed()).not.toContain('@user-engine/postgres')
    repository.write(
      'conformance.config.ts',
      `import { defineProvider } from '@user-engine/conformance/postgres'
      const login = (user: string) => ({ user, password: 'none' })
      const target = defineProvider({
        identity: { name: 'nowhere', version: '1' },
        handoff: {
          endpoint: { host: '127.0.0.1', port: 1 },
          database: 'app',
          tls: {},
          runtime: login('runtime'),
          denials: login('denials'),
          relay: login('relay'),
        },
      })
      export default { target, profiles: ['provider-postgres'] }`,
    )
    const { code, output } = await repository.exec('npx', 'user-engine-conformance', 'run')
    expect(output).toContain('runtime gets no connection (ECONNREFUSED). Remedy:')
    expect(output).toContain('the target has no power provider.migrate')
    expect(code).toBe(1)
  })

  it('has a configuration from init that compiles strictly', SLOW, async () => {
    const repository = createRepository(folder, 'platform-init')
    const others = ['pg@8', '@types/pg@8', 'typescript@7', '@types/node@24']
    await repository.install(PACKAGES, others)
    await repository.exec('npx', 'user-engine-conformance', 'init', '--for', 'provider', '--ci', 'none')
    const files = ['conformance.config.ts', 'conformance.test.ts']
    const { code, output } = await repository.exec('npx', 'tsc', ...STRICT.split(' '), ...files)
    expect(code, output).toBe(0)
  })
})

describe('an adapter of somebody else', () => {
  it(
    'keeps every promise on node:sqlite, with the port and the kit alone (which brings the reference store)',
    { timeout: 600_000 },
    async () => {
      const repository = createRepository(folder, 'sqlite-store')
      copyProvider(folder, 'sqlite-store', 'packages/conformance/test/fixtures/sqlite-store')
      await repository.install(['store', 'memory', 'conformance'])
      const command = ['npx', 'user-engine-conformance', 'run', './conformance.config.ts'] as const
      const { code, output } = await repository.exec(...command)
      expect(output).toContain('profiles store-core, store-concurrent, store-durable')
      expect(output).toMatch(/verdict +CONFORMANT/)
      expect(code).toBe(0)
    },
  )
})

describe('what init writes', () => {
  it('compiles strictly, and is red under vitest until it opens a store', SLOW, async () => {
    const repository = createRepository(folder, 'newcomer')
    const others = ['vitest@5', 'typescript@7', '@types/node@24']
    await repository.install(['store', 'memory', 'conformance'], others)
    await repository.exec('npm', 'pkg', 'set', 'devDependencies.vitest=5')
    const init = await repository.exec('npx', 'user-engine-conformance', 'init')
    expect(init.output).toContain('written: .github/workflows/conformance.yml')
    const compiled = await repository.exec(
      'npx',
      'tsc',
      ...STRICT.split(' '),
      'conformance.config.ts',
      'conformance.test.ts',
    )
    expect(compiled.code, compiled.output).toBe(0)
    const { code, output } = await repository.exec('npx', 'vitest', 'run')
    expect(output).toContain('openYourStore of conformance.config.ts opens nothing yet')
    expect(code).toBe(1)
  })
})

describe('all packages together', () => {
  it.each(ENTRIES)('%s is imported and required, and is one module', SLOW, async (entry) => {
    const script = `import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)('@user-engine/${entry}')
      const imported = await import('@user-engine/${entry}')
      const names = Object.keys(imported)
      console.log(names.length > 0 && names.every((name) => required[name] === imported[name]))`
    const { code, output } = await provider.exec('node', '--input-type=module', '--eval', script)
    expect({ code, output }).toEqual({ code: 0, output: 'true\n' })
  })

  it('has types that a strict program compiles with', SLOW, async () => {
    const { code, output } = await provider.exec(
      'npx',
      'tsc',
      ...STRICT.split(' '),
      'target.ts',
      'conformance.config.ts',
      'kit.test.ts',
      'kit.node-test.ts',
    )
    expect(code, output).toBe(0)
  })
})

describe.each([
  ['vitest', ['npx', 'vitest', 'run', 'kit.test.ts']],
  ['node:test', ['node', '--test', 'kit.node-test.ts']],
  ['the command', ['npx', '--no', '@user-engine/conformance', 'run', './conformance.config.ts']],
] as const)('the kit under %s', (_, [command, ...args]) => {
  it('is green for a good store', SLOW, async () => {
    const { code, output } = await provider.exec(command, ...args)
    // Cases, not files: there are hundreds of them.
    expect(output).toMatch(/Tests +\d{3,} passed|pass \d{3,}|cases +\d{3,} pass/)
    expect(code).toBe(0)
  })

  it('is red for a broken one, and says which promise, which case and what was seen', SLOW, async () => {
    const { code, output } = await provider.exec('env', 'BROKEN=1', command, ...args)
    expect(broken?.expect).toMatch(/./)
    expect(code).not.toBe(0)
    expect(output).toContain('UE-TRANSACTION-002')
    expect(output).toMatch(/UE-TRANSACTION-002\/[a-z0-9-]+/)
    expect(output).toContain(broken?.expect)
  })
})
