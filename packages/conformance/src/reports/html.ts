import { profileVerdicts, skipsByReason } from '../profiles.ts'
import type { Report, ReportCase, ReportRequirement } from '../report.ts'
import { isRed } from '../verdict.ts'
import { escape } from './escape.ts'
import { STYLE } from './page-style.ts'
import { seconds, timesOf } from './times.ts'

/** The report as one page: no script, nothing fetched, light and dark, narrow and wide. */
export function toHtml(report: Report): string {
  const { target, requirements, cases } = report
  const red = cases.filter(isRed)
  const unverified = requirements.filter(({ verdict }) => verdict === 'unverified')
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(`${target.name} ${target.version}: ${report.verdict}`)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    ...head(report),
    ...section('Problems of the run', list(report.problems)),
    ...section('By profile', profiles(report)),
    ...section('What does not hold', red.map(failure)),
    ...section('Requirements', requirementTable(report)),
    ...section(
      'Skipped',
      [...skipsByReason(report)].map(
        ([why, ids]) =>
          `<details><summary>${ids.length} ${escape(why)}</summary>${list(ids).join('')}</details>`,
      ),
    ),
    ...section(
      'Unverified',
      list(
        unverified.map(({ id, title, artefact }) =>
          artefact === null ? `${id} ${title}` : `${id} ${title}. To hand over: ${artefact}`,
        ),
      ),
    ),
    ...section('Where the time went', times(report)),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function head(report: Report): string[] {
  const { target, kit, catalogue, environment, counts, capabilities } = report
  const { unverified } = counts.requirements
  const filters = [
    ...report.only.map((name) => `only ${name}`),
    ...report.not.map((name) => `not ${name}`),
    ...(report.shard === null ? [] : [`shard ${report.shard.index} of ${report.shard.count}`]),
  ]
  const facts: readonly (readonly [string, string])[] = [
    ['target', `${target.name} ${target.version}${target.url === null ? '' : `, ${target.url}`}`],
    ['kit', `${kit.name} ${kit.version}`],
    ['catalogue', `${catalogue.version}, ${catalogue.digest}`],
    ['seed', report.seed],
    ['budget', `${report.budget}, time scale ${report.timeScale}`],
    ['left out', filters.length === 0 ? 'nothing by a filter' : filters.join(', ')],
    [
      'capabilities',
      capabilities === null
        ? 'none were seen'
        : Object.entries(capabilities)
            .map(([name, value]) => `${name}: ${value}`)
            .join(', '),
    ],
    ['powers', report.powers.length === 0 ? 'none' : report.powers.join(', ')],
    ['ran on', `Node ${environment.node}, ${environment.platform}`],
    ['started', `${report.startedAt}, took ${seconds(report.durationMs)}`],
  ]
  return [
    `<h1>${escape(target.name)} ${escape(target.version)}</h1>`,
    `<p class="verdict ${toneOf(report.verdict)}">${escape(report.verdict)} (exit code ${report.exitCode})</p>`,
    `<p>${counts.cases.pass} of ${report.cases.length} cases passed; ${unverified} of ${report.requirements.length} ` +
      'requirements unverified.</p>',
    `<dl>${facts.map(([name, fact]) => `<dt>${name}</dt><dd>${escape(fact)}</dd>`).join('')}</dl>`,
  ]
}

function profiles(report: Report): string[] {
  return table(
    ['profile', 'verdict', 'passed', 'red', 'skipped', 'unverified'],
    profileVerdicts(report).map(({ profile, verdict, passed, red, skipped, unverified }) => [
      escape(profile),
      tinted(verdict),
      ...[passed, red, skipped, unverified].map(String),
    ]),
  )
}

function failure({
  id,
  title,
  verdict,
  reason,
  failures,
  script,
  knownDeviation,
  notes,
}: ReportCase): string {
  return [
    `<article id="${escape(id)}">`,
    `<h3>${escape(id)}: <span class="bad">${escape(verdict)}</span></h3>`,
    `<p>${escape(title)}.</p>`,
    ...(failures.length === 0 ? [`<p>${escape(reason ?? verdict)}</p>`] : []),
    ...failures.map(
      ({ requirement, observation, causes }) =>
        `<p><strong>${escape(requirement)}</strong> ${escape(observation)}</p>${list(causes.map((cause) => `likely cause: ${cause}`)).join('')}`,
    ),
    ...(knownDeviation === null
      ? []
      : [`<p>known until ${escape(knownDeviation.expires)}: ${escape(knownDeviation.issue)}</p>`]),
    ...list(notes),
    ...(script === null ? [] : [`<pre>${script.steps.map(escape).join('\n')}</pre>`]),
    '</article>',
  ].join('\n')
}

function requirementTable({ requirements, cases }: Report): string[] {
  const known = new Map(cases.map((one) => [one.id, one]))
  const result = (one: ReportRequirement) => {
    const red = one.cases.flatMap((id) => known.get(id) ?? []).filter(isRed)
    const links = red.map(({ id }) => ` <a href="#${escape(id)}">${escape(id.split('/')[1] ?? id)}</a>`)
    return `${tinted(one.verdict)}${links.join(',')}`
  }
  return table(
    ['requirement', 'title', 'result', 'level', 'status', 'profile', 'cases'],
    requirements.map((one) => [
      `<span class="id">${escape(one.id)}</span>`,
      escape(one.title),
      result(one),
      one.level,
      one.status,
      escape(one.profile),
      String(one.cases.length),
    ]),
  )
}

function times(report: Report): string[] {
  const { openMs, caseMs, destroyMs, slowest } = timesOf(report)
  return [
    `<p>Opening ${seconds(openMs)}, cases ${seconds(caseMs)}, destroying ${seconds(destroyMs)}.</p>`,
    ...table(
      ['slowest', 'time'],
      slowest.map(({ id, durationMs }) => [escape(id), seconds(durationMs)]),
    ),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<h2>${title}</h2>`, ...lines]
}

function list(items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`<ul>${items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`]
}

/** Rows of cells that are markup already. */
function table(names: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cell = (text: string, place: number) =>
    place < 2 ? `<td>${text}</td>` : `<td data-label="${names[place] ?? ''}">${text}</td>`
  return [
    '<div class="scroll"><table class="stack"><thead><tr>',
    ...names.map((name) => `<th scope="col">${name}</th>`),
    '</tr></thead><tbody>',
    ...rows.map((cells) => `<tr>${cells.map(cell).join('')}</tr>`),
    '</tbody></table></div>',
  ]
}

function tinted(verdict: string): string {
  return `<span class="${toneOf(verdict)}">${escape(verdict)}</span>`
}

function toneOf(verdict: string): 'good' | 'bad' | 'unsure' {
  if (verdict === 'pass' || verdict === 'conformant') return 'good'
  return ['unsupported', 'filtered', 'unverified', 'partial'].includes(verdict) ? 'unsure' : 'bad'
}
