import type { UserEngineStore } from '@user-engine/store'

import { attendClient, type ClientNews, type ClientOrder } from '../src/client.ts'
import type { ClientProcess } from '../src/client-process.ts'
import { overlay } from '../src/faulty/overlay.ts'
import { connect, type Server } from './served-store.ts'

/** A client of its own in this process. When it is killed its session ends, and it hears and says nothing any more. */
export function startServedClient(server: Server): ClientProcess {
  const listeners = new Map<string, (told: unknown) => void>()
  const connections = { exhausted: false, ended: Promise.withResolvers<never>() }
  connections.ended.promise.catch(() => {})
  let dead = false
  /** What is not answered any more to whom is dead. */
  const untilDead = <Answer>(answer: Promise<Answer>) =>
    new Promise<Answer>((resolve, reject) => {
      answer.then(
        (value) => dead || resolve(value),
        (error: unknown) => dead || reject(error as Error),
      )
    })
  const good = connect(server, connections)
  const store: UserEngineStore = overlay(good, {
    transaction: (...call) => untilDead(good.transaction(...call)),
    denials: { append: (record) => untilDead(good.denials.append(record)) },
  })
  let told: (order: ClientOrder) => void = () => {}
  attendClient(store, {
    hear: (listener) => void (told = listener),
    say: (news: ClientNews) => void (dead || listeners.get('message')?.(news)),
  })
  return {
    send: (order) => told(order),
    on: (event, listener) => listeners.set(event, listener),
    kill() {
      dead = true
      connections.ended.reject(new Error('killed'))
      listeners.get('exit')?.(null)
    },
  }
}
