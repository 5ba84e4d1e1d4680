import type { Frame, Move } from './plan.ts'
import type { Call, Step } from './script.ts'

/** What has to be seen for the comparisons to mean anything. Shares are of the transactions, or of the scripts. */
export const EXPECTED = [
  'at least every third transaction was kept',
  'at least every tenth transaction was undone by its own work',
  'at least every tenth transaction was refused',
  'at least every fifth script undid, two deep or deeper, a transaction in which something was denied',
  'at least every tenth script read a list of a dozen records in pages of five or fewer',
  'every kind of call was made, and none of them in less than one of fifty',
] as const

type Expectation = (typeof EXPECTED)[number]

/** Every kind of call in a transaction. A new one is counted as soon as it is here, and the compiler asks for it. */
const CALLS: Readonly<Record<Call['do'], true>> = {
  insert: true,
  update: true,
  guard: true,
  guardState: true,
  crowd: true,
  audit: true,
  event: true,
  answer: true,
  deny: true,
  look: true,
  nested: true,
}

/** Counts what the scripts were like. */
export interface Statistics {
  transaction(frame: Frame): void
  /** Ends a script. `longest` is the longest list that was read in small pages. */
  script(longest: number): void
  /** Whether it was seen. */
  judge(expectation: Expectation): boolean
  describe(): string
}

const LEAST_SHARE = 1 / 50

export function createStatistics(): Statistics {
  const outcomes = { kept: 0, thrown: 0, refused: 0 }
  const calls = new Map<string, number>(Object.keys(CALLS).map((name) => [name, 0]))
  let scripts = 0
  let deep = 0
  let crowded = 0
  let isDeep = false

  const countCalls = (frame: Frame) => {
    for (const name of frame.calls) calls.set(name, (calls.get(name) ?? 0) + 1)
    for (const move of frame.moves) if (move.do === 'nested') countCalls(move.frame)
  }
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
  const ofTransactions = (part: number) => share(part, outcomes.kept + outcomes.thrown + outcomes.refused)
  const fewest = () => {
    const counts = [...calls.values()]
    const total = counts.reduce((sum, count) => sum + count, 0)
    return share(Math.min(...counts), total)
  }

  return {
    transaction(frame) {
      outcomes[frame.outcome.kind] += 1
      isDeep ||= undoesDeepDenial(frame)
      countCalls(frame)
    },
    script(longest) {
      scripts += 1
      if (isDeep) deep += 1
      if (longest >= 12) crowded += 1
      isDeep = false
    },
    judge(expectation) {
      switch (expectation) {
        case EXPECTED[0]:
          return ofTransactions(outcomes.kept) >= 1 / 3
        case EXPECTED[1]:
          return ofTransactions(outcomes.thrown) >= 1 / 10
        case EXPECTED[2]:
          return ofTransactions(outcomes.refused) >= 1 / 10
        case EXPECTED[3]:
          return share(deep, scripts) >= 1 / 5
        case EXPECTED[4]:
          return share(crowded, scripts) >= 1 / 10
        case EXPECTED[5]:
          return fewest() >= LEAST_SHARE
      }
    },
    describe() {
      const mix = [...calls].map(([name, count]) => `${name} ${count}`).join(', ')
      return (
        `${scripts} scripts; transactions kept ${outcomes.kept}, undone ${outcomes.thrown}, refused ${outcomes.refused}; ` +
        `deep undone denials in ${deep}, a dozen in small pages in ${crowded}; ${mix}`
      )
    },
  }
}

function undoesDeepDenial({ moves }: Frame): boolean {
  return moves.some((move: Move) => {
    if (move.do !== 'nested') return false
    const { frame } = move
    return (frame.depth >= 2 && frame.denied && frame.outcome.kind !== 'kept') || undoesDeepDenial(frame)
  })
}

/** How many calls of a script count towards its length. */
export function lengthOf(step: Step): number {
  if (step.do !== 'transaction') return 1
  const count = (body: readonly { readonly do: string }[]): number =>
    body.reduce((sum, call) => sum + 1 + ('body' in call ? count(call.body as never) : 0), 0)
  return 1 + count(step.body)
}
