import { HtmlValidate, type Message } from 'html-validate/node'
import { describe, expect, it } from 'vitest'

import { toHtml } from '../../src/index.ts'
import { PALETTE } from '../../src/reports/page-style.ts'
import { mixedReport } from './mixed-report.ts'

const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: { 'no-inline-style': 'error', 'no-trailing-whitespace': 'off' },
})
const page = toHtml(mixedReport)

async function complaints(html: string): Promise<string[]> {
  const { results } = await validator.validateString(html)
  return results
    .flatMap(({ messages }) => messages)
    .map(({ ruleId, message }: Message) => `${ruleId}: ${message}`)
}

describe('the page', () => {
  it('is valid HTML, whatever a store or a target said', async () => {
    expect(await complaints(page)).toEqual([])
    const target = { name: '"><b>x', version: '</title>', url: `javascript:'"` }
    expect(await complaints(toHtml({ ...mixedReport, target, problems: ['<script>'] }))).toEqual([])
    expect(await complaints(page.replace('</article>', ''))).not.toEqual([])
  })

  it('fetches nothing, and runs nothing', () => {
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(page).not.toMatch(
      /<(?:script|img|link|iframe|object|form)\b|\s(?:src|onerror|style)="|url\(|@import/,
    )
    expect(page.match(/<a href="(?!#)/g)).toBeNull()
  })

  it('has the verdict of each profile, each requirement with its result, and a link to what contradicts it', () => {
    expect(page).toContain('<p class="verdict bad">not conformant (exit code 1)</p>')
    const more = toHtml({ ...mixedReport, profiles: ['store-core', 'store-durable'] })
    expect(more).toMatch(/<td>store-durable<\/td><td><span class="unsure">unverified/)
    for (const { id } of mixedReport.requirements) expect(page).toContain(`<span class="id">${id}</span>`)
    const links = [...page.matchAll(/<a href="#([^"]+)"/g)].map(([, id]) => id)
    expect(links).toContain('UE-AUDIT-001/fails')
    for (const id of links) expect(page).toContain(`<article id="${id}"`)
  })

  it('shows the shortest script of a failing case, what was skipped and why', () => {
    expect(page).toContain('<pre>insert &lt;user&gt; 1\nfind ``` 2</pre>')
    expect(page).toContain('<summary>1 unsupported: the target has no power faults.crash</summary>')
  })
})

describe.each(Object.entries(PALETTE))('the %s colours', (_, theme) => {
  const { ground, raised, line: _line, ...inks } = theme
  it.each(Object.entries(inks))('%s is legible on every ground (WCAG AA, 4.5 to 1)', (__, ink) => {
    for (const under of [ground, raised]) expect(contrast(ink, under)).toBeGreaterThanOrEqual(4.5)
  })
})

/** The contrast ratio of WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
