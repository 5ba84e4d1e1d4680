import { catalogue } from '../catalogue/index.ts'
import type { Profile } from '../catalogue/requirement.ts'
import { countKills, type Kill } from './selftest.ts'

/** What a selftest comes to, as lines to be printed, and whether the kit has found all that it should. */
export interface Summary {
  readonly lines: readonly string[]
  readonly sound: boolean
}

/** A stable MUST that was not tried, because the target lacks the power, is unverified in every run of it, and no gap. */
export function summarize(kills: readonly Kill[], profiles?: readonly Profile[]): Summary {
  const of = (wanted: Kill['result']) => kills.filter(({ result }) => result === wanted)
  const untried = new Set(of('untried').map(({ faulty }) => faulty.breaks))
  const counts = [...countKills(kills, profiles)]
  const gaps = counts.filter(([id, count]) => count === 0 && !untried.has(id))
  const killed = of('killed')
  const flaky = killed.filter((kill) => kill.flaky)
  const byCount = Map.groupBy(counts, ([, count]) => count)
  return {
    lines: [
      ...[...byCount.keys()]
        .toSorted((a, b) => a - b)
        .map(
          (count) =>
            `${count} kills: ${
              byCount
                .get(count)
                ?.map(([id]) => id)
                .join(' ') ?? ''
            }`,
        ),
      ...of('survived').map(({ faulty }) => `SURVIVED  ${faulty.name}: ${faulty.defect}`),
      ...[...of('astray'), ...of('broad')].map(lineOf),
      ...flaky.map(({ faulty, caseId }) => `FLAKY     ${faulty.name}: ${caseId}`),
      ...gaps.map(([id]) => `GAP       ${id} ${catalogue.get(id)?.title ?? ''}`),
      `${killed.length} killed, ${of('survived').length} survived, ${of('astray').length} led astray, ${of('broad').length} ` +
        `too broad, ${of('untried').length} untried; ${gaps.length} stable MUSTs unwatched; ` +
        `${flaky.length} of ${killed.length} found by a case that passes when run again`,
    ],
    sound: killed.length + of('untried').length === kills.length && gaps.length === 0,
  }
}

export function lineOf({ faulty, result, caseId, observation }: Kill): string {
  const line = `${result.padEnd(9)} ${faulty.breaks.padEnd(19)} ${faulty.name}`
  if (result === 'untried') return `${line} (${observation})`
  return caseId === null ? line : `${line}\n          ${caseId}: ${observation ?? ''}`
}
