import type { UserEngineStore } from '@user-engine/store'

import type { Case } from '../case.ts'
import type { ClientOrder } from '../client.ts'
import type { RequirementId } from '../catalogue/index.ts'
import type { Need } from '../need.ts'
import type { Instance, Target } from '../target.ts'

/** A store that breaks one promise and says nothing of it. */
export interface FaultyStore {
  readonly name: string
  /** What it does wrong, as a sentence about the store. */
  readonly defect: string
  /** The promise it breaks: the kit must find it by this one. */
  readonly breaks: RequirementId
  /** What the observation says that finds it, in part. */
  readonly expect: string
  /** Without these of the target the defect does not show. */
  readonly needs?: readonly Need[]
  /** The case that is tried first; all of the promise's are where absent, until one finds it. */
  readonly by?: Case['id']
  /** What else it can't but break: everything else is kept. */
  readonly disturbs?: readonly RequirementId[]
  /** Called once for each instance; what it answers spoils each handle of it. */
  readonly corrupt: () => (good: UserEngineStore) => UserEngineStore
}

/** The same target, each of its stores spoiled. Everything else of it is left as it is. */
export function createFaultyTarget<Subject extends Instance>(
  target: Target<Subject>,
  { name, corrupt }: Pick<FaultyStore, 'name' | 'corrupt'>,
): Target {
  const originals = new WeakMap<
    Instance,
    { readonly subject: Subject; readonly spoil: ReturnType<typeof corrupt> }
  >()
  const originalOf = (instance: Instance) => {
    const original = originals.get(instance)
    if (original === undefined) throw new TypeError('The instance is not of this target.')
    return original
  }
  const subjectOf = (instance: Instance) => originalOf(instance).subject
  const { observer, clock, migrations, faults } = target
  return {
    identity: { ...target.identity, version: `${target.identity.version} (${name})` },
    async open(universe) {
      const subject = await target.open(universe)
      const spoil = corrupt()
      const instance = { universe: subject.universe, store: spoil(subject.store) }
      originals.set(instance, { subject, spoil })
      return instance
    },
    async second(instance) {
      const { subject, spoil } = originalOf(instance)
      return spoil(await target.second(subject))
    },
    destroy: (instance) => target.destroy(subjectOf(instance)),
    ...(observer && { observer: (instance: Instance) => observer.call(target, subjectOf(instance)) }),
    ...(clock && {
      clock: { advance: (instance: Instance, ms: number) => clock.advance(subjectOf(instance), ms) },
    }),
    ...(migrations && {
      migrations: {
        put: (instance: Instance, fault: Parameters<typeof migrations.put>[1]) =>
          migrations.put(subjectOf(instance), fault),
      },
    }),
    ...(faults && { faults: spoiledFaults(faults, subjectOf, name) }),
    ...(target.dispose && { dispose: () => target.dispose?.() ?? Promise.resolve() }),
  }
}

function spoiledFaults<Subject extends Instance>(
  faults: NonNullable<Target<Subject>['faults']>,
  subjectOf: (instance: Instance) => Subject,
  name: string,
): NonNullable<Target['faults']> {
  const { suspend, cut, terminate, crash, exhaust, demote, fill, client } = faults
  return {
    ...(suspend && { suspend: (instance: Instance) => suspend.call(faults, subjectOf(instance)) }),
    ...(cut && {
      cut: (instance: Instance, point: Parameters<typeof cut>[1]) =>
        cut.call(faults, subjectOf(instance), point),
    }),
    ...(terminate && { terminate: (instance: Instance) => terminate.call(faults, subjectOf(instance)) }),
    ...(crash && { crash: (instance: Instance) => crash.call(faults, subjectOf(instance)) }),
    ...(exhaust && { exhaust: (instance: Instance) => exhaust.call(faults, subjectOf(instance)) }),
    ...(demote && { demote: (instance: Instance) => demote.call(faults, subjectOf(instance)) }),
    ...(client && {
      async client(instance: Instance) {
        const process = await client.call(faults, subjectOf(instance))
        return {
          // What spoils it must be published: it is looked up by its name, in that process.
          send: (order: ClientOrder) => process.send({ ...order, spoil: name }),
          on: process.on.bind(process),
          kill: process.kill.bind(process),
        }
      },
    }),
    ...(fill && { fill: (instance: Instance) => fill.call(faults, subjectOf(instance)) }),
  }
}
