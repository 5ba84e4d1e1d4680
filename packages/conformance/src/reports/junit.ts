import type { Report, ReportCase } from '../report.ts'
import { escape } from './escape.ts'

/**
 * The report as JUnit XML: one test suite for each area, one test case for each case, with a `failure`, `error` or
 * `skipped` element of its own that says why. Problems of the run are errors of a suite of their own.
 */
export function toJUnit(report: Report): string {
  const areas = new Map<string, ReportCase[]>()
  for (const one of report.cases) {
    const area = one.id.slice(0, one.id.indexOf('/')).replace(/-\d+$/, '')
    areas.set(area, [...(areas.get(area) ?? []), one])
  }
  const suites = [...areas].map(([area, cases]) => suite(area, cases.map(testCase)))
  if (report.problems.length > 0) suites.push(suite('run', report.problems.map(problem)))
  const all = suites.flatMap(({ elements }) => elements)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `${report.target.name} ${report.target.version}: ${report.verdict}`, ...tally(all) })}>`,
    ...suites.map(({ xml }) => xml),
    '</testsuites>',
    '',
  ].join('\n')
}

interface Element {
  readonly outcome: 'pass' | 'failure' | 'error' | 'skipped'
  readonly ms: number
  readonly xml: string
}

function suite(
  name: string,
  elements: readonly Element[],
): { readonly elements: readonly Element[]; readonly xml: string } {
  const body = elements.map(({ xml }) => xml).join('\n')
  return {
    elements,
    xml: `  <testsuite${attributes({ name, ...tally(elements) })}>\n${body}\n  </testsuite>`,
  }
}

function tally(elements: readonly Element[]): Readonly<Record<string, string | number>> {
  const count = (outcome: Element['outcome']) => elements.filter((one) => one.outcome === outcome).length
  return {
    tests: elements.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds(elements.reduce((sum, { ms }) => sum + ms, 0)),
  }
}

function testCase({ id, title, requirements, verdict, reason, durationMs, notes }: ReportCase): Element {
  const outcome = outcomeOf(verdict)
  const properties = [
    ...requirements.map((value) => ({ name: 'requirement', value })),
    { name: 'title', value: title },
    { name: 'verdict', value: verdict },
    ...notes.map((value) => ({ name: 'note', value })),
  ].map((property) => `        <property${attributes(property)}/>`)
  const why = outcome === 'pass' ? [] : [child(outcome, verdict, reason ?? verdict)]
  const xml = [
    `    <testcase${attributes({ classname: id.slice(0, id.indexOf('/')), name: id, time: seconds(durationMs) })}>`,
    '      <properties>',
    ...properties,
    '      </properties>',
    ...why,
    '    </testcase>',
  ].join('\n')
  return { outcome, ms: durationMs, xml }
}

function problem(text: string, index: number): Element {
  const name = attributes({ classname: 'run', name: `problem ${index + 1}`, time: seconds(0) })
  const xml = `    <testcase${name}>\n${child('error', 'invalid run', text)}\n    </testcase>`
  return { outcome: 'error', ms: 0, xml }
}

function child(outcome: Exclude<Element['outcome'], 'pass'>, type: string, message: string): string {
  if (outcome === 'skipped') return `      <skipped${attributes({ message })}/>`
  return `      <${outcome}${attributes({ type, message })}>${escape(message)}</${outcome}>`
}

function outcomeOf(verdict: ReportCase['verdict']): Element['outcome'] {
  switch (verdict) {
    case 'pass':
      return 'pass'
    case 'unsupported':
    case 'filtered':
      return 'skipped'
    case 'error':
    case 'notRun':
      return 'error'
    case 'fail':
    case 'unexpectedPass':
    case 'vacuous':
    case 'flaky':
      return 'failure'
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escape(String(value))}"`)
    .join('')
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}
