import type { History, Step } from '../../src/history/history.ts'

/**
 * Reads a history as these fixtures are written, a transaction a line: its name, where it began and ended, how it ended
 * unless it was committed, and what it did to which version of which record. `3-5-6` came to commit at 5. A version that others wrote says by whom.
 *
 *     T1 3-6 undone: read x1 of T0, guard x1 of T0, write x2
 */
export function readHistory(text: string): History {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', began, done, ended, outcome = 'committed', steps = ''] =
        /^(\w+) (\d+)-(?:(\d+)-)?(\d+)(?: (undone|unknown))?: (.*)$/.exec(line) ?? []
      if (name === '') throw new TypeError(`No transaction: ${line}`)
      return {
        name,
        began: Number(began),
        ended: Number(ended),
        done: done === undefined ? null : Number(done),
        outcome: outcome as History[number]['outcome'],
        steps: steps.split(', ').map((step) => readStep(step, name)),
      }
    })
}

function readStep(text: string, name: string): Step {
  const [, does, record = '', version, by = null] =
    /^(read|guard|write) ([a-z])(\d+)(?: of (\w+))?$/.exec(text) ?? []
  if (does === undefined) throw new TypeError(`No step: ${text}`)
  return {
    do: does as Step['do'],
    record,
    version: Number(version),
    by: does === 'write' ? name : by,
    says: null,
  }
}
