import { partsOf, type ClientNews, type ClientOrder, type ClientPart } from './client.ts'
import { KitError } from './kit-error.ts'

/** What `fork` of `node:child_process` answers, as far as the kit needs it. */
export interface ClientProcess {
  send(order: ClientOrder): unknown
  on(event: 'message' | 'exit', listener: (told: unknown) => void): unknown
  kill(signal: 'SIGKILL'): unknown
}

/** A process at work on the store, to be killed. */
export interface Client {
  /** How many commands it said that it had written. */
  readonly wrote: number
  /** Resolves when it has said so, so many times. Rejects where it failed, or ended by itself. */
  said(news: 'begins' | 'holds' | 'wrote', times?: number): Promise<void>
  /** The first parts of what it writes, in order. */
  parts(count: number): ClientPart[]
  /** Resolves when it has ended. */
  kill(): Promise<void>
}

/** Has a process work. */
export function startClient(process: ClientProcess, order: ClientOrder): Client {
  const heard: ClientNews[] = []
  const ended = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  let turn = Promise.withResolvers<void>()
  const times = (news: ClientNews) => heard.filter((one) => one === news).length
  process.on('message', (told) => {
    const news = told as ClientNews
    if (typeof news === 'object') failed.reject(new KitError(`The client failed: ${news.failed}`))
    heard.push(news)
    turn.resolve()
    turn = Promise.withResolvers()
  })
  process.on('exit', () => {
    failed.reject(new KitError('The client ended by itself.'))
    ended.resolve()
  })
  process.send(order)
  return {
    get wrote() {
      return times('wrote')
    },
    async said(news, count = 1) {
      while (times(news) < count) await Promise.race([turn.promise, failed.promise])
    },
    parts(count) {
      const parts = partsOf(order.seed)
      return Array.from({ length: count }, () => parts.next().value)
    },
    async kill() {
      process.kill('SIGKILL')
      await ended.promise
    },
  }
}
