import { startEmbeddedPostgres } from '@user-engine/test-postgres'
import { migrate } from '@user-engine/postgres/migrate'
import { roleName, rolesSql, type Login } from '@user-engine/postgres/roles'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'

import { brokenLinks, readPages, type Block, type Page } from './pages.ts'
import { createSandbox } from './sandbox.ts'

const pages = readPages()
/** `run` is executed, `file=…` written; `output` is what the block before it prints, `exit=N` how it ends. */
const does = ({ words }: Block) => words.some((word) => word === 'run' || /^(?:file|exit)=/.test(word))
const withPrograms = pages.filter(({ blocks }) => blocks.some(does))

const server = await startEmbeddedPostgres()
afterAll(() => server.stop())
const { host, port, user, password } = server

async function asAdmin(database: string, text: string): Promise<void> {
  const client = new Client({ host, port, user, password, database })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

const LOGINS: readonly Login[] = ['migrator', 'runtime', 'denials', 'relay', 'diagnose']
const passwords = Object.fromEntries(LOGINS.map((login) => [login, `of-${login}`]))
const environment = Object.fromEntries(
  LOGINS.map((login) => [`${login.toUpperCase()}_PASSWORD`, `of-${login}`]),
)

/** An empty database; with roles and schema where the page begins with a provider's work done. */
async function databaseFor({ path, text }: Page): Promise<string> {
  const name = path.replaceAll(/\W/g, '_').toLowerCase()
  await asAdmin('postgres', `create database ${name}`)
  if (text.includes('<!-- begins with an empty database -->')) return name
  await asAdmin(name, rolesSql({ passwords }))
  const connection = { host, port, database: name, user: roleName('migrator'), password: 'of-migrator' }
  await migrate({ connection })
  return name
}

describe('programs on a page', () => {
  it.each(withPrograms.map((page) => [page.path, page] as const))(
    '%s',
    { timeout: 300_000 },
    async (_, page) => {
      const database = await databaseFor(page)
      const sandbox = createSandbox({ host, port, user, password, database }, environment)
      try {
        let printed: string | null = null
        for (const block of page.blocks) {
          if (block.words.includes('output')) {
            expect(printed, `${page.path} shows an output of nothing`).not.toBeNull()
            expect(printed).toBe(block.text)
          } else if (does(block)) {
            const expected = Number(block.words.find((word) => word.startsWith('exit='))?.slice(5) ?? 0)
            const { output, exitCode } = await sandbox.run(block)
            expect(exitCode, `${block.text}\n${output}`).toBe(expected)
            printed = output
          }
        }
      } finally {
        sandbox.remove()
      }
    },
  )

  it('are on every guide and runbook', () => {
    const silent = pages.filter(
      ({ path, blocks }) => /^docs\/(?:guides|runbooks)\/(?!README)/.test(path) && !blocks.some(does),
    )
    expect(silent.map(({ path }) => path)).toEqual([])
  })
})

describe('links', () => {
  it('lead somewhere, on every page', () => {
    const broken = pages.flatMap((page) =>
      brokenLinks(page, pages).map((target) => `${page.path}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  it('are seen to be broken', () => {
    const text = '# A b\n[x](./none.md) [y](#a-b) [z](#c) [w](./LICENSE)'
    const page = { path: 'README.md', text, blocks: [] }
    expect(brokenLinks(page, [page])).toEqual(['./none.md', '#c'])
  })
})

describe('the matrix of the provider boundary', () => {
  const text = pages.find(({ path }) => path === 'docs/provider-boundary.md')?.text ?? ''
  const table = /<!-- ownership -->\n([\s\S]*?)<!-- \/ownership -->/.exec(text)?.[1] ?? ''
  const [head, , ...rows] = table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

  it('has one owner in each line, and no empty cell', () => {
    expect(rows.length).toBeGreaterThan(20)
    for (const [what, ...cells] of rows) {
      expect(cells, what).toHaveLength((head?.length ?? 0) - 1)
      expect(
        cells.filter((cell) => cell === '**owns**'),
        what,
      ).toHaveLength(1)
      expect(['**owns**', 'gives', 'uses', 'checks', 'none'], what).toEqual(expect.arrayContaining(cells))
    }
  })

  it('leaves no party without something of its own', () => {
    const owners = (head ?? [])
      .slice(1)
      .filter((_, column) => rows.some((row) => row[column + 1] === '**owns**'))
    expect(owners).toEqual(head?.slice(1))
  })
})
