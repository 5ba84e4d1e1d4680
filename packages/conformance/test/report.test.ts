import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { KitError, reportSchema, runConformance, toJUnit, writeReports, type Report } from '../src/index.ts'
import { createMemoryTarget } from './memory-target.ts'
import { soundCase, toyCase } from './toy-cases.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'user-engine-conformance-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const HOSTILE = 'less < than & "quoted" ]]> \u0000\uD800 end'

/** One case of each kind that a report has to tell apart. */
const report = await runConformance(createMemoryTarget(), {
  profiles: ['store-core'],
  cases: [
    soundCase,
    toyCase(async (ctx) => ctx.must('UE-AUDIT-001', false, HOSTILE), { id: 'UE-AUDIT-001/fails' }),
    toyCase(() => Promise.reject(new TypeError('broken')), { id: 'UE-AUDIT-002/breaks' }),
    toyCase(async () => {}, { id: 'UE-AUDIT-003/vacuous' }),
    toyCase(soundCase.run, { id: 'UE-AUDIT-004/crashes', needs: ['faults.crash'] }),
  ],
})

interface XmlCase {
  readonly '@name': string
  readonly failure?: XmlReason
  readonly error?: XmlReason
  readonly skipped?: XmlReason
  readonly properties: {
    readonly property: readonly { readonly '@name': string; readonly '@value': string }[]
  }
}
interface XmlReason {
  readonly '@message': string
}
interface XmlTally {
  readonly '@tests': string
  readonly '@failures': string
  readonly '@errors': string
  readonly '@skipped': string
}

function readBack(text: string): { readonly all: XmlTally; readonly cases: readonly XmlCase[] } {
  expect(XMLValidator.validate(text)).toBe(true)
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (name) => ['testsuite', 'testcase', 'property'].includes(name),
  })
  const { testsuites } = parser.parse(text) as {
    readonly testsuites: XmlTally & {
      readonly testsuite: readonly { readonly testcase: readonly XmlCase[] }[]
    }
  }
  return { all: testsuites, cases: testsuites.testsuite.flatMap(({ testcase }) => testcase) }
}

describe('the JSON report', () => {
  it('is what its schema says, counts every class, and has its members in order', async () => {
    const [path = ''] = await writeReports(report, folder)
    const text = readFileSync(path, 'utf8')
    const parsed = reportSchema.parse(JSON.parse(text))
    expect(parsed).toEqual(report)
    expect(parsed.counts.cases).toEqual({
      error: 1,
      fail: 1,
      unexpectedPass: 0,
      vacuous: 1,
      flaky: 0,
      notRun: 0,
      filtered: 0,
      unsupported: 1,
      pass: 1,
    })
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(report).toSorted())
    expect(report).toMatchObject({ verdict: 'not conformant', exitCode: 1 })
  })

  it('shows a MUST that no case was run for as unverified', () => {
    const verdicts = Object.fromEntries(report.requirements.map(({ id, verdict }) => [id, verdict]))
    expect(verdicts).toMatchObject({ 'UE-AUDIT-004': 'unverified', 'UE-TENANT-001': 'unverified' })
    expect(report.counts.requirements.unverified).toBeGreaterThan(40)
  })
})

describe('the JUnit report', () => {
  it('says of each case by an element what became of it, and why', () => {
    const { all, cases } = readBack(toJUnit(report))
    const outcomes = Object.fromEntries(
      cases.map((one) => [
        one['@name'],
        (['failure', 'error', 'skipped'] as const)
          .filter((kind) => one[kind] !== undefined)
          .map((kind) => `${kind}: ${one[kind]?.['@message']}`),
      ]),
    )
    expect(outcomes).toEqual({
      'UE-TRANSACTION-001/toy': [],
      'UE-AUDIT-001/fails': [expect.stringMatching(/^failure: UE-AUDIT-001: less .* than .* end$/)],
      'UE-AUDIT-002/breaks': [expect.stringMatching(/^error: TypeError: broken/)],
      'UE-AUDIT-003/vacuous': ['failure: it observed nothing of UE-AUDIT-003'],
      'UE-AUDIT-004/crashes': ['skipped: the target has no power faults.crash'],
    })
    expect(all).toMatchObject({ '@tests': '5', '@failures': '2', '@errors': '1', '@skipped': '1' })
    expect(cases[0]?.properties.property).toContainEqual({
      '@name': 'requirement',
      '@value': 'UE-TRANSACTION-001',
    })
  })

  it('names what makes a run invalid as an error', () => {
    const { all, cases } = readBack(toJUnit({ ...report, problems: ['The target failed at open.'] }))
    expect(all['@errors']).toBe('2')
    expect(cases.at(-1)?.error?.['@message']).toBe('The target failed at open.')
  })
})

describe('writing', () => {
  const refused = (broken: Report, where = folder) => expect(writeReports(broken, where)).rejects

  it('is refused, and leaves nothing, where a canary would be written', async () => {
    const leaking = { ...report, problems: ['Key (subject)=(uecanary0123456789abcdef) already exists.'] }
    await refused(leaking).toThrow(
      new KitError('report.json would carry a canary as plain text. No report was written.'),
    )
    const encoded = { ...report, problems: [Buffer.from('a uecanary0123456789abcdef').toString('base64')] }
    await refused(encoded).toThrow('as base64')
    expect(readdirSync(folder)).toEqual([])
  })

  it('is refused where the report is not what the schema says', async () => {
    await refused({ ...report, exitCode: 0.5 }).toThrow('not what its own schema says')
  })

  it('fails with the reason where the folder can not be written', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await refused(report, join(file, 'below')).toThrow(KitError)
    if (process.getuid?.() === 0) return
    chmodSync(folder, 0o500)
    await refused(report, join(folder, 'below')).toThrow('EACCES')
  })
})
