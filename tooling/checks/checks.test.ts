import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { generated } from './generated.ts'
import { hygiene } from './hygiene.ts'
import { manifests, type Manifest } from './manifests.ts'
import { NOUNS, nouns } from './nouns.ts'
import { ROOT, run } from './repository.ts'
import { size } from './size.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'user-engine-checks-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function file(path: string, text = ''): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('nouns', () => {
  beforeEach(() => {
    for (const name of ['store', 'core', 'memory', 'postgres']) {
      for (const noun of NOUNS) file(`packages/${name}/src/${noun}.ts`)
    }
    for (const noun of NOUNS) file(`packages/conformance/src/cases/${noun}.ts`)
  })

  it('passes when each noun has its file', () => {
    expect(nouns(root).problems).toEqual([])
  })

  it('names what is missing', () => {
    rmSync(join(root, 'packages/memory/src/outbox.ts'))
    rmSync(join(root, 'packages/conformance/src/cases/users.ts'))
    expect(nouns(root).problems).toEqual([
      'packages/memory has no outbox.ts',
      'packages/conformance has no users.ts',
    ])
  })
})

describe('hygiene', () => {
  const problemsOf = (path: string, text: string) => hygiene([{ path, text }]).problems

  it('passes what is in order', () => {
    expect(problemsOf('packages/store/src/users.ts', 'export const one = 1\n')).toEqual([])
  })

  it.each([
    ['a nameless name', 'packages/store/src/user-utils.ts', ''],
    ['a nameless folder', 'packages/store/src/common/users.ts', ''],
    ['an unknown top level', 'notes/users.md', ''],
    ['a skipped test', 'packages/store/test/users.test.ts', ['it', 'skip("x")'].join('.')],
    ['a test that runs alone', 'packages/store/test/users.test.ts', ['describe', 'only("x")'].join('.')],
    ['a path of one machine', 'docs/guide.md', `see ${['', 'home', 'jo', 'notes'].join('/')}`],
    ['a registry host', 'pnpm-lock.yaml', `tarball: https:${'//'}registry.example.org/a.tgz`],
  ])('finds %s', (_, path, text) => {
    expect(problemsOf(path, text)).toHaveLength(1)
  })
})

describe('size', () => {
  beforeEach(async () => {
    await run('git', ['init', '--quiet'], root)
    file('packages/store/src/users.ts', '\n'.repeat(3))
    file('packages/store/src/users.test.ts', '\n'.repeat(100))
    file('packages/core/src/users.ts', '\n'.repeat(9))
    file('tooling/checks/main.ts', '\n')
    file('tooling/tsup/tsup.config.ts', '\n')
  })

  it('passes while every package is larger than the tooling, without its programs and tests', () => {
    for (const path of ['bench/main.ts', 'checks/checks.test.ts', 'tsup/package.json'])
      file(`tooling/${path}`, '\n'.repeat(100))
    expect(size(root)).toEqual({ summary: 'tooling has 2 lines, packages/store 3', problems: [] })
  })

  it('says both figures when one is not', () => {
    file('tooling/another.ts', '\n')
    expect(size(root).problems).toEqual([
      'tooling has 3 lines, packages/store 3: tooling must be smaller than any package',
    ])
  })

  it('counts something', () => {
    rmSync(join(root, 'tooling'), { recursive: true })
    expect(size(root).problems).toHaveLength(1)
  })
})

describe('lint', () => {
  it.each([
    ['finds a long file', 'packages/store/src/users.ts', false],
    ['lets generated files be long', 'packages/store/src/generated/users.ts', true],
  ])('%s', async (_, path, passes) => {
    file(path, 'export {}\n'.repeat(301))
    const { ok, output } = await run('oxlint', ['--config', join(ROOT, '.oxlintrc.json'), '.'], root)
    expect(output).toMatch(passes ? /1 file / : /max-lines/)
    expect(ok).toBe(passes)
  })
})

describe('manifests', () => {
  const paths = { types: './dist/index.d.ts', default: './dist/index.js' }
  const manifest = (name: string, rest: Partial<Manifest> = {}): Manifest => ({
    name: `@user-engine/${name}`,
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=22.22' },
    exports: { '.': { '@user-engine/source': './src/index.ts', ...paths } },
    publishConfig: { exports: { '.': paths } },
    ...rest,
  })
  const store = { '@user-engine/store': 'workspace:^' }
  const five = ['store', 'core', 'memory', 'postgres', 'conformance'].map((name) => manifest(name))
  const problemsWith = (changed: Manifest) =>
    manifests([...five.filter(({ name }) => name !== changed.name), changed]).problems

  it('passes what is in order', () => {
    expect(problemsWith(manifest('memory', { dependencies: store }))).toEqual([])
  })

  it.each([
    ['a missing package', manifests(five.slice(1)).problems, 'is missing'],
    [
      'a forbidden dependency',
      problemsWith(manifest('memory', { dependencies: { zod: 'catalog:' } })),
      'may not bring zod',
    ],
    [
      'a version of its own',
      problemsWith(manifest('core', { dependencies: { zod: '^4' } })),
      'from the catalog',
    ],
    [
      'a source path that would be published',
      problemsWith(manifest('core', { publishConfig: {} })),
      'without',
    ],
    [
      'exports that only import finds',
      problemsWith(
        manifest('core', {
          exports: { '.': { import: './dist/index.js' } },
          publishConfig: { exports: { '.': { import: './dist/index.js' } } },
        }),
      ),
      'no default',
    ],
    ['another licence', problemsWith(manifest('core', { license: 'ISC' })), 'license must be'],
  ])('finds %s', (_, problems, expected) => {
    expect(problems).toEqual([expect.stringContaining(expected)])
  })
})

describe('generated', () => {
  const writes = (name: string) =>
    `import { writeFileSync } from 'node:fs'\nwriteFileSync('${name}', 'hello')\n`

  beforeEach(async () => {
    await run('git', ['init', '--quiet'], root)
    file('packages/store/generate.ts', writes('greeting.txt'))
  })

  it('passes what is up to date', async () => {
    file('greeting.txt', 'hello')
    expect(await generated(root)).toEqual({ summary: '1 generators', problems: [] })
  })

  it('finds what is not', async () => {
    file('greeting.txt', 'hullo')
    expect((await generated(root)).problems).toEqual([expect.stringContaining('greeting.txt was not')])
  })

  it('finds a file that its generator takes away', async () => {
    file('greeting.txt', 'hello')
    file('farewell.txt', 'bye')
    file('packages/core/generate.ts', `import { rmSync } from 'node:fs'\nrmSync('farewell.txt')\n`)
    expect((await generated(root)).problems).toEqual([expect.stringContaining('farewell.txt was not')])
  })

  it('finds a generator that fails, and a file that was not there', async () => {
    file('packages/core/generate.ts', 'process.exit(1)\n')
    expect((await generated(root)).problems).toEqual([
      expect.stringContaining('packages/core/generate.ts failed'),
      expect.stringContaining('greeting.txt was not'),
    ])
  })
})

describe('boundaries', () => {
  const cruise = () =>
    run(
      'depcruise',
      ['--config', join(ROOT, 'tooling/checks/dependency-cruiser.config.mjs'), 'packages'],
      root,
    )

  beforeEach(() => {
    file('packages/store/src/index.ts', 'export const store = 1\n')
    file('packages/memory/src/index.ts', "export { store } from '../../store/src/index.ts'\n")
  })

  it('pass where the arrows point down', async () => {
    const { ok, output } = await cruise()
    expect(output).toContain('2 modules, 1 dependencies')
    expect(ok).toBe(true)
  })

  it.each([
    ['core-imports-only', 'packages/core/src/a.ts', "import '../../memory/src/index.ts'\n"],
    ['store-imports-only', 'packages/store/src/a.ts', "import type {} from '../../memory/src/index.ts'\n"],
    ['no-cycle', 'packages/store/src/a.ts', "export * from './a.ts'\n"],
    ['resolvable', 'packages/core/src/a.ts', "import '@user-engine/absent'\n"],
    ['no-tests-in-sources', 'packages/store/src/a.ts', "import '../test/b.ts'\n"],
  ])('find %s', async (rule, path, text) => {
    file('packages/store/test/b.ts', 'export {}\n')
    file(path, text)
    const { ok, output } = await cruise()
    expect(ok).toBe(false)
    expect(output).toContain(rule)
  })

  it('find a driver outside its adapter', async () => {
    file('node_modules/pg/package.json', '{ "name": "pg", "main": "index.js" }')
    file('node_modules/pg/index.js')
    file('packages/core/src/a.ts', "import 'pg'\n")
    expect((await cruise()).output).toContain('no-database-driver-outside-its-adapter')
  })
})
