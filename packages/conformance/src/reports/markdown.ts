import { profileVerdicts, skipsByReason } from '../profiles.ts'
import type { Report, ReportCase } from '../report.ts'
import { isRed } from '../verdict.ts'
import { seconds, timesOf } from './times.ts'

/** The report for a pull request: the verdict, what fails and by what script, what was skipped and what is not known. */
export function toMarkdown(report: Report): string {
  const { target, kit, catalogue, counts, requirements } = report
  const { unverified } = counts.requirements
  const times = timesOf(report)
  return [
    `# ${text(target.name)} ${text(target.version)}: ${report.verdict}`,
    '',
    `${counts.cases.pass} of ${report.cases.length} cases passed; ${unverified} of ${requirements.length} requirements ` +
      `unverified. Exit code ${report.exitCode}.`,
    '',
    `Kit ${kit.version}, catalogue ${catalogue.version} (${catalogue.digest.slice(0, 12)}), seed ${text(report.seed)}, ` +
      `budget ${report.budget}, ${seconds(times.totalMs)}.`,
    '',
    ...section(
      'Problems of the run',
      report.problems.map((problem) => `- ${text(problem)}`),
    ),
    '| profile | verdict | passed | red | skipped | requirements unverified |',
    '|---|---|--:|--:|--:|--:|',
    ...profileVerdicts(report).map(
      ({ profile, verdict, passed, red, skipped, unverified: unknown }) =>
        `| ${profile} | ${verdict} | ${passed} | ${red} | ${skipped} | ${unknown} |`,
    ),
    '',
    ...section('What does not hold', report.cases.filter(isRed).flatMap(failure)),
    ...section(
      'Skipped',
      [...skipsByReason(report)].map(([why, ids]) => `- ${text(why)}: ${ids.join(', ')}`),
    ),
    ...section(
      'Unverified',
      requirements
        .filter(({ verdict }) => verdict === 'unverified')
        .map(
          ({ id, title, artefact }) =>
            `- ${id} ${text(title)}${artefact === null ? '' : `. To hand over: ${text(artefact)}`}`,
        ),
    ),
  ].join('\n')
}

function failure({ id, title, verdict, reason, failures, script, knownDeviation }: ReportCase): string[] {
  return [
    `### ${id}: ${verdict}`,
    '',
    `${text(title)}.`,
    '',
    ...(failures.length === 0 ? [`- ${text(reason ?? verdict)}`] : []),
    ...failures.flatMap(({ requirement, observation, causes }) => [
      `- **${requirement}** ${text(observation)}`,
      ...causes.map((cause) => `  - likely cause: ${text(cause)}`),
    ]),
    ...(knownDeviation === null
      ? []
      : [`- known until ${knownDeviation.expires}: ${text(knownDeviation.issue)}`]),
    '',
    ...(script === null ? [] : ['```text', ...script.steps.map(plain), '```', '']),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, '']
}

/** As it is: nothing in it is markup. */
function text(value: string): string {
  return plain(value).replaceAll(/[\\`*_{}[\]<>#|~&]/g, String.raw`\$&`)
}

/** One line, without what would end a block of code. */
function plain(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll('```', "'''")
}
