import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'

import { canonicalJson } from '../../src/canonical-json.ts'
import { reportSchema, type Report } from '../../src/index.ts'
import { mixedReport } from './mixed-report.ts'

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../generated/report.schema.json'), 'utf8'),
) as object
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
formats.default(ajv)
const validate = ajv.compile(schema)

describe('the JSON report', () => {
  const written = JSON.parse(canonicalJson(mixedReport)) as Report

  it('counts every class, and has its members in order', () => {
    expect(written).toEqual(mixedReport)
    expect(written.counts.cases).toEqual({
      error: 1,
      fail: 2,
      unexpectedPass: 0,
      vacuous: 1,
      flaky: 0,
      notRun: 0,
      filtered: 0,
      unsupported: 1,
      pass: 1,
    })
    expect(Object.keys(written)).toEqual(Object.keys(mixedReport).toSorted())
    expect(mixedReport).toMatchObject({ verdict: 'not conformant', exitCode: 1 })
  })

  it('shows a MUST that no case was run for as unverified', () => {
    const verdicts = Object.fromEntries(mixedReport.requirements.map(({ id, verdict }) => [id, verdict]))
    expect(verdicts).toMatchObject({ 'UE-AUDIT-004': 'unverified', 'UE-TENANT-001': 'unverified' })
    expect(mixedReport.counts.requirements.unverified).toBeGreaterThan(40)
  })

  it('is what the published JSON Schema says', () => {
    validate(written)
    expect(validate.errors).toBeNull()
  })

  it.each<[string, (report: Report) => object]>([
    ['a member more', (report) => ({ ...report, passed: true })],
    ['a member less', ({ seed: _, ...report }) => report],
    ['a verdict that is none', (report) => ({ ...report, verdict: 'fine' })],
    ['a time that is none', (report) => ({ ...report, startedAt: 'yesterday' })],
    [
      'a class that is not counted',
      (report) => ({ ...report, counts: { ...report.counts, cases: { pass: 1 } } }),
    ],
    [
      'a case without a verdict',
      (report) => ({ ...report, cases: report.cases.map(({ verdict: _, ...one }) => one) }),
    ],
    ['half a case', (report) => ({ ...report, counts: { ...report.counts, requirements: { pass: 0.5 } } })],
  ])('is refused by the schema and by the kit with %s', (_, spoil) => {
    const spoilt = spoil(written)
    expect(validate(spoilt)).toBe(false)
    expect(reportSchema.safeParse(spoilt).success).toBe(false)
  })
})
