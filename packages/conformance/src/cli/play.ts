import type { Report } from '../report.ts'
import type { Session } from '../session.ts'
import { isRed } from '../verdict.ts'
import { failureLines } from './summary.ts'

/** How often progress is told where nobody looks at a terminal. */
const TOLD = 10

/** Runs a session to its end. Says how far it is, and what is not in order as soon as it is found. */
export async function play(session: Session, print: (line: string) => void): Promise<Report> {
  const { order } = session.plan
  const { isTTY } = process.stderr
  const step = Math.ceil(order.length / TOLD)
  let red = 0
  for (const [place, planned] of order.entries()) {
    const done = place + 1
    if (isTTY) process.stderr.write(`\r\u001B[K${place} of ${order.length}, ${red} red: ${planned.case.id}`)
    const result = await session.run(planned)
    if (isTTY) process.stderr.write('\r\u001B[K')
    if (isRed(result)) red += 1
    for (const line of failureLines(result)) print(line)
    if (!isTTY && done % step === 0 && done < order.length) print(`${done} of ${order.length}, ${red} red`)
  }
  return session.finish()
}
