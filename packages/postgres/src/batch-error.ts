import type { ServerFault } from './sqlstate.ts'

/** `I` idle, `T` in a transaction, `E` in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E'

interface BatchFailure {
  readonly outcome: BatchError['outcome']
  readonly index: number
  readonly count: number
  readonly atCommit: boolean
  readonly status: TransactionStatus | null
  readonly fault: ServerFault | null
}

const MESSAGES: Record<BatchError['outcome'], string> = {
  'not-sent': 'the batch was not sent: its connection had ended',
  failed: 'the server refused the batch',
  unknown: 'the batch was sent and its answer lost: nobody knows whether it was kept',
}

/** Says what became of a batch. Carries names and codes, and nothing that the server quoted. */
export class BatchError extends Error {
  /**
   * `not-sent`: the server has seen nothing. `failed`: it refused a statement, and what the batch did in that transaction
   * is undone. `unknown`: the connection ended before the server was ready again; what commits may have been committed,
   * an open transaction is gone.
   */
  readonly outcome: 'not-sent' | 'failed' | 'unknown'
  /** Of the statement that failed or was not answered; the number of statements, when it was the end of the batch. */
  readonly index: number
  /** Every statement before the one that commits was answered. */
  readonly atCommit: boolean
  /** Of the connection; null when it is gone, or the batch never reached it. */
  readonly status: TransactionStatus | null
  readonly fault: ServerFault | null

  constructor({ outcome, index, count, atCommit, status, fault }: BatchFailure) {
    const where = index < count ? `statement ${index + 1} of ${count}` : 'the end of the batch'
    const what = fault === null ? '' : `, SQLSTATE ${fault.sqlState}`
    super(`${MESSAGES[outcome]} (${where}${what})`)
    this.name = 'BatchError'
    this.outcome = outcome
    this.index = index
    this.atCommit = atCommit
    this.status = status
    this.fault = fault
  }
}
