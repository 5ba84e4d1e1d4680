import { marked, type Token, type Tokens } from 'marked'
import { describe, expect, it } from 'vitest'

import { toMarkdown } from '../../src/index.ts'
import { mixedReport } from './mixed-report.ts'

const tokens = marked.lexer(
  toMarkdown({
    ...mixedReport,
    profiles: ['store-core', 'store-durable'],
    cases: mixedReport.cases.map((one) => ({
      ...one,
      failures: one.failures.map((failure) => ({ ...failure, causes: ['It is late.'] })),
    })),
  }),
)

/** Every token, those inside others too. */
function flatten(some: readonly Token[]): Token[] {
  const inner = (token: Token): readonly Token[] => {
    if (token.type === 'list') return (token as Tokens.List).items
    if (token.type === 'table') {
      const { header, rows } = token as Tokens.Table
      return [header, ...rows].flat().flatMap((cell) => cell.tokens)
    }
    return 'tokens' in token && token.tokens !== undefined ? token.tokens : []
  }
  return some.flatMap((token) => [token, ...flatten(inner(token))])
}

describe('the Markdown report, as a parser reads it', () => {
  it('begins with the verdict', () => {
    expect(tokens[0]).toMatchObject({ type: 'heading', text: '@user-engine/memory eager: not conformant' })
  })

  it('has a row for each profile, and no profile is green that nothing was run of', () => {
    const table = tokens.find((token): token is Tokens.Table => token.type === 'table')
    expect(table?.rows.map((row) => row.map(({ text }) => text))).toEqual([
      ['store-core', 'not conformant', '1', '4', '1', expect.any(String)],
      ['store-durable', 'unverified', '0', '0', '0', '0'],
    ])
  })

  it('says of a failing case what was required, what was seen, what may be wrong, and by which steps', () => {
    const from = tokens.findIndex(
      (token) => token.type === 'heading' && (token as Tokens.Heading).text.startsWith('UE-AUDIT-001/fails'),
    )
    const to = tokens.findIndex(({ type }, place) => place > from && type === 'heading')
    const part = flatten(tokens.slice(from, to))
    expect(part).toContainEqual(expect.objectContaining({ type: 'strong', text: 'UE-AUDIT-001' }))
    expect(part.filter(({ type }) => type === 'code')).toEqual([
      expect.objectContaining({ text: "insert <user> 1\nfind ''' 2" }),
    ])
    expect(part.map(({ raw }) => raw).join('')).toContain('likely cause: It is late.')
  })

  it('lists what was skipped and what is unverified', () => {
    const text = toMarkdown(mixedReport)
    expect(text).toContain('- unsupported: the target has no power faults.crash: UE-AUDIT-004/crashes')
    expect(text).toMatch(/## Unverified\n\n(?:- UE-.*\n){40}/)
  })

  it('takes nothing that a store or a target said for markup', () => {
    const hostile = { ...mixedReport, target: { name: '# <b>x</b>', version: '|', url: null } }
    for (const report of [mixedReport, hostile]) {
      const all = flatten(marked.lexer(toMarkdown(report)))
      // An address is a link to itself, and to nothing else.
      const links = all.filter((token): token is Tokens.Link => token.type === 'link')
      expect(links.map(({ href, text }) => [href, text])).toEqual([
        ['https://example.com/7', 'https://example.com/7'],
      ])
      const kinds = new Set(all.map(({ type }) => type))
      for (const kind of ['html', 'image', 'em', 'del', 'codespan', 'blockquote'])
        expect(kinds).not.toContain(kind)
    }
  })
})
