import { isRequirementId, type RequirementId } from './catalogue/index.ts'
import { KitError } from './kit-error.ts'

export interface Observation {
  readonly requirement: RequirementId
  readonly held: boolean
  readonly text: string
}

/** Ends a case: it has seen enough. What it saw is in the log, so nothing is lost where this is swallowed. */
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
  /** Throws CaseEnded where it does not hold. */
  observe(requirement: RequirementId, held: boolean, text: string): void
  precondition(name: string, held: boolean): void
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
  let sealed = false

  function mistake(text: string): void {
    mistakes.push(text)
  }
  function refuse(text: string): never {
    mistake(text)
    throw new KitError(text)
  }

  return {
    observations,
    preconditions,
    mistakes,
    get notes() {
      return [...notes]
    },
    observe(requirement, held, text) {
      if (sealed) refuse(`it observed ${requirement} after it had ended: something was not awaited`)
      if (!isRequirementId(requirement))
        refuse(`it observed ${String(requirement)}, which no requirement is called`)
      if (!requirements.includes(requirement)) refuse(`it observed ${requirement}, which it does not name`)
      if (typeof held !== 'boolean')
        refuse(`its condition for ${requirement} is a ${typeof held}, not true or false`)
      observations.push({ requirement, held, text })
      if (!held) throw new CaseEnded(`${requirement}: ${text}`)
    },
    precondition(name, held) {
      if (sealed) refuse(`it checked "${name}" after it had ended: something was not awaited`)
      if (!declared.includes(name)) refuse(`it checked "${name}", which is not one of its preconditions`)
      preconditions.set(name, held && preconditions.get(name) !== false)
      if (!held) throw new CaseEnded(`precondition: ${name}`)
    },
    note: (text) => void notes.add(text),
    mistake,
    seal() {
      sealed = true
    },
  }
}
