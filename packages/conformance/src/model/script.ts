import type { RecordKind } from '@user-engine/store'

/** What goes into a record, by choices from the alphabet and among ids that exist or not. */
export interface Draft {
  /** Which id of its noun it takes. */
  readonly slot: number
  readonly text: number
  /** Which other record it names. */
  readonly of: number
  readonly state: number
}

/** One call inside of a transaction. */
export type Call =
  | {
      readonly do: 'insert'
      readonly kind: RecordKind
      readonly draft: Draft
      /** Under the id of the draft also where that is taken. */
      readonly again: boolean
      /** With what another record has claimed by one of the rules. */
      readonly like: boolean
      readonly stray: boolean
    }
  | {
      readonly do: 'update'
      readonly kind: RecordKind
      readonly pick: number
      readonly draft: Draft
      readonly version: 'next' | 'same' | 'skipped'
      readonly stray: boolean
    }
  | {
      readonly do: 'guard'
      readonly kind: RecordKind
      readonly pick: number
      readonly version: 'seen' | 'older'
      readonly stray: boolean
    }
  | {
      readonly do: 'guardState'
      readonly kind: RecordKind
      readonly pick: number
      /** The one that it is in, every one, every other one, or none. */
      readonly states: 'its' | 'all' | 'others' | 'none'
      readonly stray: boolean
    }
  | CrowdCall
  | { readonly do: 'audit'; readonly about: number; readonly again: boolean; readonly stray: boolean }
  | {
      readonly do: 'event'
      readonly about: number
      readonly version: number
      readonly ordinal: number
      /** In the place of one that is there. */
      readonly again: boolean
      readonly stray: boolean
    }
  | {
      readonly do: 'answer'
      readonly actor: number
      readonly text: number
      readonly short: boolean
      /** Under the key of one that is there. */
      readonly again: boolean
      readonly stray: boolean
    }
  | { readonly do: 'deny'; readonly about: number }
  /** Reads all that the transaction sees, page by page. */
  | { readonly do: 'look'; readonly limit: number }
  | ({ readonly do: 'nested'; readonly caught: boolean } & Ending)

/** Many records at once, so that lists have more than one page. */
export interface CrowdCall {
  readonly do: 'crowd'
  readonly kind: CrowdKind
  readonly count: number
}

/** The work of a (nested) transaction. */
export interface Ending {
  readonly body: readonly Call[]
  readonly end: 'resolve' | 'throw'
  /** Whether it catches what the store answers, and resolves all the same. */
  readonly swallow: boolean
}

/** One step of a script. Each is whole by itself, so that any of them can be left out. */
export type Step =
  | ({
      readonly do: 'transaction'
      /** 0 the directory, 1 to 3 with a tenant beside it, 4 to 6 a tenant. */
      readonly scope: number
      readonly handle: number
      /** Of the pages that are read afterwards. */
      readonly limit: number
    } & Ending)
  | { readonly do: 'deny'; readonly scope: number; readonly about: number; readonly again: boolean }
  | { readonly do: 'claim'; readonly limit: number; readonly acknowledge: boolean }
  | { readonly do: 'acknowledge'; readonly how: 'all' | 'one' | 'with-another' | 'settled' }
  | { readonly do: 'refuse'; readonly delayed: boolean; readonly dead: boolean; readonly settled: boolean }
  | { readonly do: 'extend'; readonly settled: boolean }
  | { readonly do: 'redrive' }
  | { readonly do: 'elapse' }

export type Script = readonly Step[]

export type CrowdKind = 'tenant' | 'user' | 'tenant_account' | 'group' | 'application' | 'external_identity'

/** A script as it stands in a file, or null where the value is none. The steps themselves are trusted. */
export function parseScript(value: unknown): Script | null {
  const steps = Array.isArray(value) ? (value as readonly unknown[]) : null
  const well = steps?.every((step) => typeof step === 'object' && step !== null && 'do' in step)
  return well === true ? (steps as Script) : null
}

/** A line for each step, as a report shows it. */
export function describeScript(script: Script): string[] {
  return script.map((step) => {
    if (step.do !== 'transaction') return sentence(step)
    const scope = ['the directory', 'the directory and', 'a tenant,'][Math.ceil(step.scope / 3)] ?? ''
    const tenant = step.scope === 0 ? '' : ` tenant ${((step.scope - 1) % 3) + 1}`
    return `transaction in ${scope}${tenant}: ${describeWork(step)}`
  })
}

function describeWork({ body, end, swallow }: Ending): string {
  const calls = body.map((call) =>
    call.do === 'nested'
      ? `nested${call.caught ? ', caught' : ''} { ${describeWork(call)} }`
      : 'kind' in call
        ? `${call.do} ${call.kind} (${sentence(call)})`
        : sentence(call),
  )
  return [...calls, ...(swallow ? ['swallow'] : []), end].join('; ')
}

function sentence(step: Step | Call): string {
  const { do: name, ...choices } = step
  const said = Object.entries(choices).flatMap(([choice, value]) => {
    if (choice === 'kind' || value === false) return []
    if (typeof value === 'object') {
      return Object.entries(value as Draft).map(([part, number]) => `${part} ${number}`)
    }
    return value === true ? [choice] : [`${choice} ${value}`]
  })
  const before = 'kind' in step ? '' : name
  return [before, said.join(', ')].filter((part) => part !== '').join(' ')
}
