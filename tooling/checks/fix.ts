import { generators } from './generators.ts'
import { run } from './repository.ts'

const STEPS = [
  ...generators.map(({ command }) => command),
  ['oxlint', '--type-aware', '--fix', '--quiet'] as const,
  ['oxfmt'] as const,
]

for (const [tool, ...args] of STEPS) {
  const { ok, output } = await run(tool, args)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${[tool, ...args].join(' ')}`)
  if (ok) continue
  console.log(output)
  process.exitCode = 1
}
