import { bounded } from './bounded.ts'
import type { CaseContext } from './case.ts'
import { startClient } from './client-process.ts'
import type { Patience } from './deadline.ts'
import type { Need } from './need.ts'
import type { Instance, Restore, Target } from './target.ts'

interface FaultUse {
  /** The power, where the case names it in its needs. */
  use<Power>(need: Need, power: Power | undefined): Power
  track<Result>(name: string, call: () => Promise<Result>): Promise<Result>
  /** What is broken until it is restored, by the case or after it. */
  broken(need: Need, fault: Promise<Restore>): Promise<Restore>
  readonly restores: Restore[]
  readonly seed: string
  readonly patience: Patience
}

/** What a case can do to the backend: each by a power of the target. */
export function faultsOf(
  { faults = {} }: Target,
  instance: Instance,
  { use, track, broken, restores, seed, patience }: FaultUse,
): CaseContext['faults'] {
  const breaking = (name: 'suspend' | 'exhaust' | 'demote' | 'fill') => () =>
    broken(`faults.${name}`, use(`faults.${name}`, faults[name]?.bind(faults))(instance))
  const done = (name: 'terminate' | 'crash') => () =>
    track(name, () => use(`faults.${name}`, faults[name]?.bind(faults))(instance))
  let clients = 0
  return {
    suspend: breaking('suspend'),
    exhaust: breaking('exhaust'),
    demote: breaking('demote'),
    fill: breaking('fill'),
    cut: (point) => broken('faults.cut', use('faults.cut', faults.cut?.bind(faults))(instance, point)),
    terminate: done('terminate'),
    crash: done('crash'),
    client: (work, userId) =>
      track('client', async () => {
        const start = use('faults.client', faults.client?.bind(faults))
        clients += 1
        const order = { work, userId, seed: `${seed} client ${clients}`, spoil: null }
        const client = startClient(await start(instance), order)
        restores.push(() => client.kill())
        await bounded(() => client.said('begins'), patience.caseMs, 'starting a client')
        return client
      }),
  }
}
