import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../../..')

/** A fenced block: ```` ```ts run ```` has the language `ts` and the words `run`. */
export interface Block {
  readonly language: string
  readonly words: readonly string[]
  readonly text: string
}

/** A document for people: a README or a page under docs. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

export function readPages(): Page[] {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}/README.md`)
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path))
  return ['README.md', ...packages, ...docs].toSorted().map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    return { path, text, blocks: blocksOf(text) }
  })
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\S+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language, words, body]) => ({
    language: language ?? '',
    words: (words ?? '').trim().split(/\s+/).filter(Boolean),
    text: body ?? '',
  }))
}

/** Every link to a file or heading of the repository that leads nowhere. */
export function brokenLinks(page: Page, pages: readonly Page[]): string[] {
  const prose = page.text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !leads(target, page, pages))
}

function leads(target: string, page: Page, pages: readonly Page[]): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page.path : relative(ROOT, resolve(ROOT, dirname(page.path), file))
  if (!existsSync(join(ROOT, path))) return false
  const linked = pages.find((each) => each.path === path)
  return anchor === undefined || (linked !== undefined && anchorsOf(linked).includes(anchor))
}

/** Headings as a reader's browser is sent to them, and anchors that are set by hand. */
function anchorsOf({ text }: Page): string[] {
  const seen = new Map<string, number>()
  const set = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? '')
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    return times === 0 ? anchor : `${anchor}-${times}`
  })
  return [...set, ...headings]
}
