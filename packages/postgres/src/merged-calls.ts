import type { Statement, StatementResult } from './batch.ts'
import { answerTo, askTogether, canBeAskedTogether, type Question } from './questions.ts'

/** Questions of several callers who say the same before: one statement. */
interface Group {
  readonly before: readonly Statement[]
  readonly questions: [Question, ...Question[]]
  /** Of the results: those to what is said before, and that to the questions. */
  readonly results: readonly number[]
}

/** Which results are a call's; of a group, which question of it is the last one's. */
interface Places {
  readonly results: readonly number[]
  readonly group: Group | null
  readonly place: number
}

/** What is sent for the statements of several callers, and what each of them is answered. */
interface Merged {
  readonly sent: readonly Statement[]
  answers(results: readonly StatementResult[]): readonly (readonly StatementResult[])[]
}

/**
 * Puts the statements of several callers into one batch, without what would be said twice. What is bound already is not bound
 * again. Who binds a scope and ends with a question, as others do who say the same before it, has it asked with theirs.
 */
export function mergeCalls(calls: readonly (readonly Statement[])[]): Merged {
  const sent: Statement[] = []
  const groups: Group[] = []
  let bound = -1

  const resultOf = (statement: Statement): number => {
    if (statement.binds !== true) return sent.push(statement) - 1
    if (!isSame(statement, sent[bound])) bound = sent.push(statement) - 1
    return bound
  }

  const placesOf = (statements: readonly Statement[]): Places => {
    const question = statements.at(-1)?.question
    const before = statements.slice(0, -1)
    // Where it binds nothing by itself, what is bound depends on who comes before it.
    if (question === undefined || !before.some(({ binds }) => binds === true)) {
      return { results: statements.map(resultOf), group: null, place: 1 }
    }
    const known = groups.find(
      (each) => areSame(before, each.before) && canBeAskedTogether(question, each.questions[0]),
    )
    if (known !== undefined) {
      return { results: known.results, group: known, place: known.questions.push(question) }
    }
    const group: Group = { before, questions: [question], results: statements.map(resultOf) }
    groups.push(group)
    return { results: group.results, group, place: 1 }
  }

  const places = calls.map(placesOf)
  for (const { questions, results } of groups) {
    if (questions.length > 1) sent[results.at(-1) ?? 0] = askTogether(questions)
  }
  return {
    sent,
    answers: (results) =>
      places.map(({ results: of, group, place }) => {
        const answers = of.map((at) => results[at] as StatementResult)
        const asked = answers.at(-1)
        if (asked === undefined || group === null || group.questions.length === 1) return answers
        const rows = answerTo(place, asked.rows)
        return [...answers.slice(0, -1), { ...asked, rowCount: rows.length, rows }]
      }),
  }
}

function areSame(one: readonly Statement[], other: readonly Statement[]): boolean {
  return one.length === other.length && one.every((statement, at) => isSame(statement, other[at]))
}

function isSame(one: Statement, other: Statement | undefined): boolean {
  if (other === undefined || one.name !== other.name || one.text !== other.text) return false
  return (
    one.values.length === other.values.length && one.values.every((each, at) => each === other.values[at])
  )
}
