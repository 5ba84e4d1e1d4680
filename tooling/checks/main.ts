import { generated } from './generated.ts'
import { hygiene } from './hygiene.ts'
import { manifests } from './manifests.ts'
import { nouns } from './nouns.ts'
import type { Outcome } from './outcome.ts'
import { size } from './size.ts'
import { boundaries, format, lint, packages, types } from './tools.ts'

const CHECKS: Readonly<Record<string, () => Outcome | Promise<Outcome>>> = {
  types,
  lint,
  format,
  boundaries,
  manifests: () => manifests(),
  nouns: () => nouns(),
  hygiene: () => hygiene(),
  size: () => size(),
  generated: () => generated(),
  packages,
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !Object.hasOwn(CHECKS, name))
if (unknown.length > 0) {
  console.error(`no check is called ${unknown.join(' or ')}; there are ${Object.keys(CHECKS).join(', ')}`)
  process.exit(2)
}

let failed = 0
for (const [name, check] of Object.entries(CHECKS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const started = performance.now()
  const { summary, problems } = await check()
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${summary} (${seconds} s)`)
  for (const problem of problems) console.log(problem.replace(/^/gm, '     '))
  if (problems.length > 0) failed += 1
}
console.log(failed === 0 ? 'all checks passed' : `${failed} checks failed`)
process.exitCode = failed === 0 ? 0 : 1
