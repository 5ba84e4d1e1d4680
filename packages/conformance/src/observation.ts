import { isRequirementId, type RequirementId } from './catalogue/index.ts'
import { KitError } from './kit-error.ts'

export interface Observation {
  readonly requirement: RequirementId
  readonly held: boolean
  readonly text: string
}

/** A requirement that was contradicted, and by what. */
export interface Failure {
  readonly requirement: RequirementId
  readonly observation: string
}

/** Ends a case that can not go on. What it saw is in the log, so nothing is lost where this is swallowed. */
export class CaseEnded extends Error {
  override readonly name = 'CaseEnded'
}

/** What one case has seen. After it is sealed, whoever still writes is told so, and remembered. */
export interface ObservationLog {
  readonly observations: readonly Observation[]
  readonly preconditions: ReadonlyMap<string, boolean>
  readonly notes: readonly string[]
  /** What a case did wrong, the kit's own rules being broken. */
  readonly mistakes: readonly string[]
  /** Resolves with the first observation that does not hold. */
  readonly failed: Promise<void>
  observe(requirement: RequirementId, held: boolean, text: string): void
  precondition(name: string, held: boolean): void
  /** The store refused what the case had a right to: an observation against the requirement that ends it. */
  refuse(requirement: RequirementId, answer: string): void
  note(text: string): void
  mistake(text: string): void
  seal(): void
}

export function createObservationLog(
  requirements: readonly RequirementId[],
  declared: readonly string[],
): ObservationLog {
  const observations: Observation[] = []
  const preconditions = new Map<string, boolean>()
  const notes = new Set<string>()
  const mistakes: string[] = []
  const failure = Promise.withResolvers<void>()
  let sealed = false

  function mistake(text: string): void {
    mistakes.push(text)
  }
  function reject(text: string): never {
    mistake(text)
    throw new KitError(text)
  }

  /** A case that had failed was not waited for; any other has forgotten to wait. */
  function tooLate(what: string): never {
    if (observations.some(({ held }) => !held)) throw new CaseEnded(`${what} after it had failed`)
    return reject(`${what} after it had ended: something was not awaited`)
  }

  return {
    observations,
    preconditions,
    mistakes,
    failed: failure.promise,
    get notes() {
      return [...notes]
    },
    observe(requirement, held, text) {
      if (sealed) tooLate(`it observed ${requirement}`)
      if (!isRequirementId(requirement))
        reject(`it observed ${String(requirement)}, which no requirement is called`)
      if (!requirements.includes(requirement)) reject(`it observed ${requirement}, which it does not name`)
      if (typeof held !== 'boolean')
        reject(`its condition for ${requirement} is a ${typeof held}, not true or false`)
      observations.push({ requirement, held, text })
      if (!held) failure.resolve()
    },
    precondition(name, held) {
      if (sealed) tooLate(`it checked "${name}"`)
      if (!declared.includes(name)) reject(`it checked "${name}", which is not one of its preconditions`)
      preconditions.set(name, held && preconditions.get(name) !== false)
      if (!held) throw new CaseEnded(`precondition: ${name}`)
    },
    refuse(requirement, answer) {
      failure.resolve()
      observations.push({ requirement, held: false, text: `the store unexpectedly answered ${answer}` })
    },
    note: (text) => void notes.add(text),
    mistake,
    seal() {
      sealed = true
    },
  }
}
