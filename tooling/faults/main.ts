import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Tries every fault many times and writes docs/reference/faults.md. Usage: pnpm faults */

interface Trial {
  readonly fault: string
  readonly rounds: number
  readonly acknowledged: number
  readonly errors: Readonly<Record<string, number>>
  readonly lost: number
  readonly twice: number
  readonly mismatched: number
}

const PAGE = new URL('../../docs/reference/faults.md', import.meta.url)
const found = join(tmpdir(), `user-engine-faults-${process.pid}.json`)
const config = ['--config', 'tooling/vitest/vitest.config.ts', '--project', 'conformance']
const { status, stdout } = spawnSync(
  'pnpm',
  ['exec', 'vitest', 'run', ...config, 'packages/conformance/test/faults.test.ts'],
  {
    env: { ...process.env, USER_ENGINE_FAULTS: found, USER_ENGINE_TEST_POSTGRES: 'embedded', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  },
)
process.stdout.write(stdout)
if (status !== 0) process.exit(1)
const trials = JSON.parse(readFileSync(found, 'utf8')) as readonly Trial[]
rmSync(found)

const lines = trials.map(({ fault, rounds, acknowledged, errors, lost, twice, mismatched }) => {
  const doubtful = errors['UNKNOWN_OUTCOME'] ?? 0
  const others = Object.entries(errors).filter(([code]) => code !== 'UNKNOWN_OUTCOME')
  const failed = others.reduce((sum, [, count]) => sum + count, 0)
  return `| ${[fault, rounds, acknowledged, doubtful, failed, lost, twice, mismatched].join(' | ')} |`
})
writeFileSync(
  PAGE,
  `# Faults

<!-- Written by pnpm faults. -->

Eight callers send commands of the engine without a pause, through a proxy, to Postgres ${/Postgres ([\d.]+)/.exec(stdout)?.[1] ?? ''}. Every other
command is one batch; the rest are compositions whose commit is a statement of its own. Amid them the fault strikes, as
many times as said, each time after commands were answered again. A command in doubt is sent again with its idempotency
key until it is answered; one in four is given up, as by a caller that died.

Then the rows of each key are counted by SQL: users, accounts, identities, audit records, events, kept answers. *Lost* is
an acknowledged command without rows, *twice* one with more rows than a command makes, *mismatch* one with some and not
all. A short form of the same is a test.

| fault | times | acknowledged | in doubt | refused | lost | twice | mismatch |
|---|--:|--:|--:|--:|--:|--:|--:|
${lines.join('\n')}

*In doubt* and *refused* are answers of the store: \`UNKNOWN_OUTCOME\`, and every other typed error. An untyped one fails
the run. The last row shows what is *not* promised: an asynchronous standby has not heard of the last commits. See
[ADR 14](../adr/0014-a-synchronous-standby-keeps-what-was-acknowledged.md) and [failover](../runbooks/failover.md).
`,
)
