import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { createFrameReader, isEncryptionRequest, type Frame, type Side } from './frames.ts'

export interface Traffic {
  readonly connections: number
  /** How often a client spoke after the server was ready: exact for a client that awaits each answer. */
  readonly roundTrips: number
  readonly bytes: Readonly<Record<Side, number>>
  /** Messages by letter, e.g. `messages.client.E` is the number of executed statements. */
  readonly messages: Readonly<Record<Side, Readonly<Record<string, number>>>>
}

/** A Postgres server as a bad network shows it. It speaks no TLS. */
export interface WireProxy {
  readonly host: string
  readonly port: number
  /** Since the start or the last reset. The opening of a connection and its goodbye are no round trips. */
  traffic(): Traffic
  reset(): void
  /**
   * Cuts one connection, once, at the next message that matches: before it is passed on, or right after.
   * Before a server's `C` with the tag COMMIT, for instance, is a commit that happened and whose answer is lost. `link` is
   * the same object for all messages of a connection.
   */
  cut(when: 'before' | 'after', matches: (frame: Frame, link: object) => boolean): Promise<void>
  /** Cuts every connection now. */
  cutAll(): void
  /** Keeps every connection open and passes nothing on, until `resume`. */
  stall(): void
  resume(): void
  /** Passes everything on later, each way. */
  delay(delayMs: number): void
  /**
   * Passes each message on as `change` answers it, or not at all where that is null. Cuts and counts are of the messages as
   * they came.
   */
  rewrite(change: (frame: Frame, link: object) => Frame | null): void
  stop(): Promise<void>
}

interface Cut {
  readonly when: 'before' | 'after'
  matches(frame: Frame, link: object): boolean
  done(): void
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  /** The server said that it is ready, and the client said nothing since. */
  idle: boolean
}

/** Listens on a free port of this machine and passes everything on to `target`, until told otherwise. */
export async function startWireProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<WireProxy> {
  const links = new Set<Link>()
  const cuts = new Set<Cut>()
  let traffic = noTraffic()
  let stalled: PromiseWithResolvers<void> | null = null
  let delayMs = 0
  let change: Parameters<WireProxy['rewrite']>[0] = (frame) => frame

  function count(link: Link, { from, type, bytes }: Frame): void {
    traffic.bytes[from] += bytes.length
    traffic.messages[from][type] = (traffic.messages[from][type] ?? 0) + 1
    if (from === 'server') link.idle ||= type === 'Z'
    else if (link.idle && type !== 'X') {
      link.idle = false
      traffic.roundTrips += 1
    }
  }

  async function pass(from: Side, link: Link): Promise<void> {
    const [source, sink] = from === 'client' ? [link.client, link.server] : [link.server, link.client]
    const read = createFrameReader(from)
    for await (const chunk of source) {
      const passing: Frame[] = []
      let cut: Cut | undefined
      for (const frame of read(chunk as Buffer)) {
        if (isEncryptionRequest(frame)) {
          link.client.write('N')
          continue
        }
        // A client's message counts when it comes and a server's when it goes, so that no delay reorders them.
        if (from === 'client') count(link, frame)
        cut = [...cuts].find(({ matches }) => matches(frame, link))
        if (cut?.when !== 'before') passing.push(frame)
        if (cut !== undefined) break
      }
      if (cut !== undefined) cuts.delete(cut)
      if (stalled !== null) await stalled.promise
      if (delayMs > 0) await sleep(delayMs)
      if (from === 'server') for (const frame of passing) count(link, frame)
      await write(
        sink,
        passing.map((frame) => change(frame, link)).filter((frame) => frame !== null),
      )
      if (cut !== undefined) {
        end(link)
        cut.done()
        return
      }
    }
  }

  function release(): void {
    stalled?.resolve()
    stalled = null
  }

  function end(link: Link): void {
    links.delete(link)
    link.client.destroySoon()
    link.server.destroy()
  }

  const listener = createServer((client) => {
    const link: Link = { client, server: connect(target), idle: false }
    links.add(link)
    traffic.connections += 1
    for (const socket of [link.client, link.server]) {
      socket.setNoDelay(true)
      socket.on('error', () => end(link))
    }
    for (const from of ['client', 'server'] as const) {
      pass(from, link).then(
        () => end(link),
        () => end(link),
      )
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')

  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    traffic: () => structuredClone(traffic),
    reset: () => void (traffic = noTraffic()),
    cut(when, matches) {
      const { promise, resolve } = Promise.withResolvers<void>()
      cuts.add({ when, matches, done: resolve })
      return promise
    },
    cutAll: () => links.forEach(end),
    stall: () => void (stalled ??= Promise.withResolvers()),
    resume: release,
    delay: (ms) => void (delayMs = ms),
    rewrite: (given) => void (change = given),
    async stop() {
      release()
      const closed = once(listener, 'close')
      listener.close()
      links.forEach(end)
      await closed
    },
  }
}

/** Resolves when the bytes are handed over, so that a slow side slows the other one down. */
function write(sink: Socket, frames: readonly Frame[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  sink.write(Buffer.concat(frames.map(({ bytes }) => bytes)), (error) => (error ? reject(error) : resolve()))
  return promise
}

function noTraffic() {
  return {
    connections: 0,
    roundTrips: 0,
    bytes: { client: 0, server: 0 },
    messages: { client: {} as Record<string, number>, server: {} as Record<string, number> },
  }
}
