import { readFileSync, writeFileSync } from 'node:fs'

import { ratiosOf, spreadOf, type Cell, type RaceResult, type Spread } from './race.ts'
import type { Facts, Suite, SuiteResult } from './suite.ts'

/** The figures of a run as they are kept: a suite that is run alone replaces its own part. */
export interface Results {
  readonly [suite: string]: SuiteResult & { readonly run: Readonly<Record<string, string>> }
}

export function markdownOf(command: string, { title, about }: Suite, result: Results[string]): string {
  const ran = Object.entries(result.run).map(([name, value]) => `${name} ${value}`)
  return [
    `## ${title}`,
    '',
    about,
    '',
    `\`${command}\` (${ran.join('; ')})`,
    '',
    ...result.races.flatMap((race) => [...raceTable(race), '']),
    ...result.facts.flatMap((facts) => [...factsTable(facts), '']),
    ...result.notMeasured.flatMap((what) => [`Not measured: ${what}.`, '']),
  ].join('\n')
}

export function raceTable(race: RaceResult): readonly string[] {
  const { byHand = [] } = race
  const best = race.contestants
    .filter(({ name }) => byHand.includes(name))
    .toSorted((a, b) => rateOf(b.cells).median - rateOf(a.cells).median)[0]?.name
  const columns = [
    race.title,
    `${race.unit}/s`,
    'p50, p99 ms',
    'client µs',
    'server µs',
    'user-engine ÷ it',
    'goal',
    ...(best === undefined ? [] : ['best by hand ÷ it']),
  ]
  const rows = race.contestants.map(({ name, cells }, index) => {
    const ratio = index === 0 ? null : ratiosOf(race, name, ({ perSecond }) => perSecond)
    const goal = race.goals[name]
    const reached =
      goal === undefined || ratio === null ? '' : `${goal} ${ratio.median >= goal ? 'met' : '**missed**'}`
    const limit =
      index === 0 || best === undefined || byHand.includes(name)
        ? null
        : ratiosOf(race, name, ({ perSecond }) => perSecond, best)
    return [
      name,
      rate(rateOf(cells)),
      [figure(cells, 'p50Ms', 2), figure(cells, 'p99Ms', 2)].filter((each) => each !== '').join(', '),
      figure(cells, 'clientUs', 0),
      figure(cells, 'serverUs', 0),
      ratio === null ? '' : show(ratio, 2),
      reached,
      ...(best === undefined ? [] : [limit === null ? '' : show(limit, 2)]),
    ]
  })
  const others = race.contestants.flatMap(({ cells }) =>
    cells.flatMap(({ othersCores }) => othersCores ?? []),
  )
  const noise =
    others.length === 0 ? '' : ` CPU that others used meanwhile: ${show(spreadOf(others), 2)} cores.`
  const out = (race.droppedOut ?? []).map((each) => ` Dropped out: ${each}.`).join('')
  const turns = `Turns of each: ${race.contestants[0]?.cells.length ?? 0}.`
  return [...table(columns, rows), '', `${turns}${noise}${out}`]
}

function factsTable({ title, columns, rows }: Facts): readonly string[] {
  return table([title, ...columns], rows)
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns),
    `|${columns.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`,
    ...rows.map(line),
  ]
}

function figure(cells: readonly Cell[], name: keyof Cell, digits: number): string {
  const known = cells.map((cell) => cell[name]).filter((value) => value !== null)
  return known.length === 0 ? '' : number(spreadOf(known).median, digits)
}

const rateOf = (cells: readonly Cell[]) => spreadOf(cells.map(({ perSecond }) => perSecond))

function rate(spread: Spread): string {
  return show(spread, spread.median < 100 ? 1 : 0)
}

function show({ median, min, max }: Spread, digits: number): string {
  return `${number(median, digits)} (${number(min, digits)}–${number(max, digits)})`
}

function number(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Puts a suite's part between its markers in the page. */
export function writePart(page: string, name: string, markdown: string): void {
  const text = readFileSync(page, 'utf8')
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} has no place for ${name}`)
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${markdown}\n${text.slice(to)}`)
}
