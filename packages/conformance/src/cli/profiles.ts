import { parseArgs } from 'node:util'

import { defaultCases } from '../cases/index.ts'
import { catalogue } from '../catalogue/index.ts'
import { PROFILES, profiles } from '../catalogue/profiles.ts'
import { profileOf } from '../plan.ts'
import { decides } from '../verdict.ts'

export const PROFILES_USAGE = `user-engine-conformance profiles

Every profile: who claims it, what it takes, how much it promises and how many cases of a store or a provider alone show that.`

export function profilesCommand(args: readonly string[], print: (line: string) => void): number {
  parseArgs({ args: [...args] })
  for (const name of PROFILES) {
    const promised = [...catalogue.values()].filter(({ profile }) => profile === name)
    const cases = defaultCases.filter((one) => profileOf(one) === name)
    const { claimedBy, takes } = profiles[name]
    print(name)
    print(`  claimed by  ${claimedBy}`)
    print(`  takes       ${takes}`)
    print(
      `  promises    ${promised.length} requirements, ${promised.filter(decides).length} of them stable MUSTs`,
    )
    print(
      `  shown by    ${cases.length === 0 ? 'no case of a store or a provider alone' : `${cases.length} cases`}`,
    )
  }
  return 0
}
