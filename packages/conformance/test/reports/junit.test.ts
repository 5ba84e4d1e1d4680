import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'

import { toJUnit } from '../../src/index.ts'
import { mixedReport } from './mixed-report.ts'

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

describe('the JUnit report', () => {
  it('says of each case by an element what became of it, and why', () => {
    const { all, cases } = readBack(toJUnit(mixedReport))
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
      'UE-AUDIT-001/fails': [expect.stringMatching(/^failure: UE-AUDIT-001: less < than & "quoted" .* end$/)],
      'UE-AUDIT-002/breaks': [expect.stringMatching(/^error: TypeError: broken/)],
      'UE-AUDIT-003/vacuous': ['failure: it observed nothing of UE-AUDIT-003'],
      'UE-AUDIT-004/crashes': ['skipped: the target has no power faults.crash'],
      'UE-ERROR-001/known': ['failure: UE-ERROR-001: as known'],
    })
    expect(all).toMatchObject({ '@tests': '6', '@failures': '3', '@errors': '1', '@skipped': '1' })
    expect(cases[0]?.properties.property).toContainEqual({
      '@name': 'requirement',
      '@value': 'UE-TRANSACTION-001',
    })
  })

  it('names what makes a run invalid as an error', () => {
    const { all, cases } = readBack(toJUnit({ ...mixedReport, problems: ['The target failed at open.'] }))
    expect(all['@errors']).toBe('2')
    expect(cases.at(-1)?.error?.['@message']).toBe('The target failed at open.')
  })
})
