import type { RecordKind, Repository, VersionedRecord } from '@user-engine/store'

import { NOUNS } from './nouns.ts'
import type { ModelRequirement } from './requirements.ts'
import type { Call } from './script.ts'

export type GuardCall = Extract<Call, { readonly do: 'guard' | 'guardState' }>

interface Guard {
  /** Whether the record is as it expects. */
  readonly holds: boolean
  readonly requirement: ModelRequirement
  readonly what: string
  perform(repository: Repository<VersionedRecord>): Promise<void>
}

/** What a guard expects of a record. */
export function planGuard(kind: RecordKind, record: VersionedRecord, call: GuardCall): Guard {
  const { scopeId, id, version, state } = record
  if (call.do === 'guard') {
    const holds = call.version === 'seen'
    const expected = holds ? version : version + 1
    return {
      holds,
      requirement: 'UE-VERSION-003',
      what: `guard of ${kind} ${id} at version ${expected}`,
      perform: (repository) => repository.guard({ scopeId, id, version: expected }),
    }
  }
  const all = NOUNS[kind].states
  const choices: Readonly<Record<typeof call.states, readonly string[]>> = {
    its: [state],
    all,
    others: all.filter((one) => one !== state),
    none: [],
  }
  const states = choices[call.states]
  return {
    holds: states.includes(state),
    requirement: 'UE-VERSION-005',
    what: `guard of ${kind} ${id} by ${states.length} states, ${states.includes(state) ? '' : 'not '}with its own`,
    perform: (repository) => repository.guardState({ scopeId, id, states }),
  }
}
