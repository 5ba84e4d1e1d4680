import { generate } from './generated.ts'
import { run } from './repository.ts'

const steps = [
  ...(await generate()),
  { path: 'oxlint', ...(await run('oxlint', ['--type-aware', '--fix', '--quiet'])) },
  { path: 'oxfmt', ...(await run('oxfmt', [])) },
]
for (const { path, ok, output } of steps) {
  console.log(ok ? `ok   ${path}` : `FAIL ${path}\n${output}`)
  if (!ok) process.exitCode = 1
}
