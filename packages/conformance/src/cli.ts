#!/usr/bin/env node
import { DEMO_USAGE, demoCommand } from './cli/demo.ts'
import { EXPLAIN_USAGE, explainCommand } from './cli/explain.ts'
import { INIT_USAGE, initCommand } from './cli/init.ts'
import { LIST_USAGE, listCommand } from './cli/list.ts'
import { MERGE_USAGE, mergeCommand } from './cli/merge.ts'
import { PROFILES_USAGE, profilesCommand } from './cli/profiles.ts'
import { REPLAY_USAGE, replayCommand } from './cli/replay.ts'
import { RUN_USAGE, runCommand } from './cli/run.ts'
import { SELFTEST_USAGE, selftestCommand } from './cli/selftest.ts'
import { VERIFY_USAGE, verifyCommand } from './cli/verify.ts'
import { describeError, withheld } from './canaries.ts'
import { KitError } from './kit-error.ts'
import { EXIT_CODES } from './verdict.ts'

type Command = (args: readonly string[], print: (line: string) => void) => number | Promise<number>

const COMMANDS: Readonly<Record<string, { readonly usage: string; readonly run: Command }>> = {
  init: { usage: INIT_USAGE, run: initCommand },
  demo: { usage: DEMO_USAGE, run: demoCommand },
  run: { usage: RUN_USAGE, run: runCommand },
  replay: { usage: REPLAY_USAGE, run: replayCommand },
  profiles: { usage: PROFILES_USAGE, run: profilesCommand },
  list: { usage: LIST_USAGE, run: listCommand },
  explain: { usage: EXPLAIN_USAGE, run: explainCommand },
  merge: { usage: MERGE_USAGE, run: mergeCommand },
  verify: { usage: VERIFY_USAGE, run: verifyCommand },
  selftest: { usage: SELFTEST_USAGE, run: selftestCommand },
}
const HELP = ['--help', '-h', 'help']

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  if (HELP.includes(name)) {
    const usages = Object.values(COMMANDS).map(({ usage }) => usage)
    console.log(usages.join('\n\n'))
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const problem = name === '' ? 'Name a command' : `There is no command ${name}`
    console.error(`${problem}: ${Object.keys(COMMANDS).join(', ')}; --help says what each does.`)
    return EXIT_CODES.invalid
  }
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    console.log(command.usage)
    return 0
  }
  try {
    return await command.run(args, (line) => console.log(withheld(line)))
  } catch (error) {
    const usage = error instanceof TypeError && 'code' in error
    console.error(
      error instanceof KitError || usage ? withheld((error as Error).message) : describeError(error),
    )
    return EXIT_CODES.invalid
  }
}

// Who reads only the first lines has seen enough: the verdict stands all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await main(process.argv.slice(2))
// What a target left open must not keep the verdict from whoever waits for it.
setTimeout(() => process.exit(), 2_000).unref()
