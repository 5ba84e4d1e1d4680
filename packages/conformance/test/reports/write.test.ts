import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { KitError, writeReports, type Report } from '../../src/index.ts'
import { mixedReport } from './mixed-report.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'user-engine-conformance-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const CANARY = 'uecanary0123456789abcdef'

describe('writing', () => {
  const refused = (broken: Report, where = folder) => expect(writeReports(broken, where)).rejects

  it('answers the paths of the four reports, and of a replay for each case that is not in order', async () => {
    const paths = await writeReports(mixedReport, folder)
    expect(paths.map((path) => basename(path))).toEqual([
      'report.json',
      'junit.xml',
      'report.md',
      'report.html',
      'UE-AUDIT-001.fails.replay.json',
      'UE-AUDIT-002.breaks.replay.json',
      'UE-AUDIT-003.vacuous.replay.json',
      'UE-ERROR-001.known.replay.json',
    ])
    expect(readdirSync(folder).toSorted()).toEqual(paths.map((path) => basename(path)).toSorted())
    expect(JSON.parse(readFileSync(paths[0] ?? '', 'utf8'))).toEqual(mixedReport)
  })

  it.each<[string, (text: string) => Partial<Report>]>([
    ['a problem', (text) => ({ problems: [`Key (subject)=(${text}) already exists.`] })],
    ['the name of the target', (text) => ({ target: { ...mixedReport.target, name: text } })],
    ['the seed', (text) => ({ seed: text })],
    [
      'an observation',
      (observation) => ({
        cases: mixedReport.cases.map((one) => ({
          ...one,
          failures: one.failures.map((failure) => ({ ...failure, observation })),
        })),
      }),
    ],
    [
      'a script',
      (text) => ({
        cases: mixedReport.cases.map((one) => ({ ...one, script: { steps: [text], data: null } })),
      }),
    ],
  ])(
    'is refused where %s would carry a canary, and leaves no report, not even an earlier one',
    async (_, spoil) => {
      await writeReports(mixedReport, folder)
      const forms = [CANARY, CANARY.toUpperCase(), Buffer.from(`a ${CANARY}`).toString('base64')]
      for (const form of forms) {
        await refused({ ...mixedReport, ...spoil(form) }).toThrow(
          /^report\.json would carry a canary as (?:plain text|base64)\. No report was written\.$/,
        )
        expect(readdirSync(folder)).toEqual([])
      }
    },
  )

  it('is refused where the report is not what the schema says', async () => {
    await refused({ ...mixedReport, exitCode: 0.5 }).toThrow('not what its own schema says')
  })

  it('leaves alone what is not of the kit', async () => {
    writeFileSync(join(folder, 'notes.replay.json'), '')
    await writeReports(mixedReport, folder)
    expect(readdirSync(folder)).toContain('notes.replay.json')
  })

  it('fails with the reason where the folder can not be written', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await refused(mixedReport, join(file, 'below')).toThrow(
      new KitError(`The reports could not be written to ${join(file, 'below')} (ENOTDIR).`),
    )
  })
})
