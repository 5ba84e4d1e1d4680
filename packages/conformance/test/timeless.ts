import { canonicalJson } from '../src/canonical-json.ts'
import type { Report } from '../src/index.ts'

/** The text of a report without its times: `startedAt`, and what ends in `Ms`. */
export function timeless(report: Report): string {
  return canonicalJson(report).replaceAll(/"(?:startedAt|\w+Ms)": [^\n]*/g, '')
}
