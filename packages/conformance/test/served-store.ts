import { setTimeout as wait } from 'node:timers/promises'

import type { MemoryDatabase } from '@user-engine/memory'
import {
  readinessReport,
  scopeIds,
  StoreError,
  type ReadinessReport,
  type ReplicaReads,
  type SchemaVersionReport,
  type Scope,
  type StoreTransaction,
  type UserEngineStore,
} from '@user-engine/store'

import type { CutPoint, SchemaFault } from '../src/index.ts'
import { overlay } from '../src/faulty/overlay.ts'

/** Of the points of a cut, those inside of a transaction. */
const REQUESTS: readonly (CutPoint | null)[] = ['before-request', 'after-request']
/** What takes room. */
const WRITES: readonly PropertyKey[] = ['insert', 'update', 'append']
/** How long a client waits for an answer. */
const ANSWER_MS = 200
/** How many denials may wait for theirs. */
const MOST_DENIALS = 256

/**
 * A backend that several clients reach over a link, as a database server is reached. What it has committed outlives what
 * happens to the link, to its sessions and to itself.
 */
export interface Server {
  readonly database: MemoryDatabase
  /** Ends every session of the backend, as a restart does. */
  endSessions(): void
  readonly ended: Promise<never>
  suspended: boolean
  /** It takes no writes. */
  demoted: boolean
  /** How many writes still fit on its disk. */
  room: number
  cut: CutPoint | null
  schema: SchemaFault | null
}

export function createServer(database: MemoryDatabase): Server {
  let session = createSession()
  return {
    database,
    suspended: false,
    demoted: false,
    room: Infinity,
    cut: null,
    schema: null,
    get ended() {
      return session.promise
    },
    endSessions() {
      const { reject } = session
      session = createSession()
      reject(connectionLost())
    },
  }
}

/** A message takes its time, in which others get their turn. */
function travel(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const connectionLost = () => new StoreError('UNAVAILABLE', { reason: 'connection' })

function createSession() {
  const session = Promise.withResolvers<never>()
  session.promise.catch(() => {})
  return { ...session, writes: 0 }
}
type Session = ReturnType<typeof createSession>

/** The connections of one client. */
export interface Connections {
  /** All of them are taken. */
  exhausted: boolean
  /** Rejects when the client has died, and its sessions with it. */
  readonly ended?: PromiseWithResolvers<never>
}

/** A client's handle on the server. */
export function connect(server: Server, connections: Connections = { exhausted: false }): UserEngineStore {
  const backend = server.database.open()
  const capabilities = Object.freeze({ ...backend.capabilities, durable: true })
  let waiting = 0
  let closed = false
  let closing: Promise<void> | null = null
  const open = new Set<Promise<unknown>>()

  /** Waits a while for `blocks` to end. */
  async function outlast(blocks: () => boolean, error: () => StoreError): Promise<void> {
    for (let waited = 0; blocks(); waited += 5) {
      if (waited >= ANSWER_MS) throw error()
      await wait(5)
    }
  }
  const timeout = () => new StoreError('TIMEOUT', {})
  const unknown = () => new StoreError('UNKNOWN_OUTCOME', {})
  const isSuspended = () => server.suspended
  function mustTakeWrites(): void {
    if (server.demoted) throw new StoreError('UNAVAILABLE', { reason: 'read-only' })
  }

  function takeRoom(writes: number): void {
    if (writes > server.room) throw new StoreError('UNAVAILABLE', { reason: 'capacity' })
    server.room -= writes
  }

  async function request<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (closed) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    if (server.suspended) await outlast(isSuspended, timeout)
    await travel()
    return call()
  }

  function write<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return request(async () => {
      mustTakeWrites()
      return call()
    })
  }

  /** A commit outside of a transaction, which the link may lose as well. */
  async function cutOff(commit: () => Promise<void>): Promise<void> {
    const { cut } = server
    if (REQUESTS.includes(cut)) return commit()
    server.cut = null
    if (cut === 'before-commit') throw unknown()
    await commit()
    if (cut !== null) throw unknown()
  }

  /** Every call of the transaction travels over the link, in the session that it began in. */
  function link<Part extends object>(part: Part, session: Session): Part {
    const members = Object.fromEntries(
      Reflect.ownKeys(part).map((name) => [
        name,
        linkMember(Reflect.get(part, name) as unknown, name, session),
      ]),
    )
    return overlay(part, members as Partial<Part>)
  }

  function linkMember(member: unknown, name: PropertyKey, session: Session): unknown {
    if (typeof member === 'object' && member !== null && name !== 'scope') return link(member, session)
    if (typeof member !== 'function') return member
    const call = member as (...args: readonly unknown[]) => Promise<unknown>
    return async (...args: readonly unknown[]) => {
      if (WRITES.includes(name)) session.writes += 1
      const [work] = args as readonly [(tx: StoreTransaction) => Promise<unknown>]
      const carried = () =>
        name === 'nested' ? call((inner: StoreTransaction) => work(link(inner, session))) : call(...args)
      const { cut } = server
      if (REQUESTS.includes(cut)) {
        server.cut = null
        if (cut === 'after-request') await carried()
        session.reject(connectionLost())
        return session.promise
      }
      return server.suspended ? request(carried) : Promise.race([carried(), session.promise])
    }
  }

  async function run<Result>(
    scope: Scope,
    work: (tx: StoreTransaction) => Promise<Result>,
    reads?: ReplicaReads,
  ): Promise<Result> {
    scopeIds(scope)
    if (closing !== null) throw new StoreError('UNAVAILABLE', { reason: 'closed' })
    await outlast(
      () => connections.exhausted,
      () => new StoreError('UNAVAILABLE', { reason: 'capacity' }),
    )
    await outlast(isSuspended, timeout)
    if (server.schema !== null && server.schema !== 'ahead') {
      throw new StoreError('NOT_READY', { check: 'schema.version' })
    }
    const session = createSession()
    for (const end of [server.ended, connections.ended?.promise]) end?.catch(session.reject)
    const ended = session.promise
    await Promise.race([travel(), ended])
    let cut: CutPoint | null = null
    const carried = async (tx: StoreTransaction) => {
      const done = await Promise.race([work(link(tx, session)), ended])
      await Promise.race([travel(), ended])
      await outlast(isSuspended, unknown)
      mustTakeWrites()
      takeRoom(session.writes)
      cut = server.cut
      server.cut = null
      if (cut === 'before-commit' || cut === 'before-request') throw unknown()
      return done
    }
    const result = await backend.transaction(scope, carried, reads)
    if (cut === null) return result
    if (cut === 'hang') await wait(ANSWER_MS)
    throw unknown()
  }

  async function schemaVersion(): Promise<SchemaVersionReport> {
    const sound = await backend.schemaVersion()
    switch (server.schema) {
      case null:
        return sound
      case 'behind':
        return { ...sound, current: 0, state: 'behind', pending: ['000001_initial'] }
      case 'ahead':
      case 'breaking':
        return { ...sound, current: sound.supported.max + 1, state: server.schema }
      case 'tampered':
        return { ...sound, state: 'tampered' }
    }
  }

  async function readiness(): Promise<ReadinessReport> {
    const { checks } = await backend.readiness()
    if (server.suspended) await outlast(isSuspended, timeout).catch(() => {})
    const refuses = server.schema !== null && server.schema !== 'ahead'
    return readinessReport(
      checks.map((check) => {
        const broken =
          server.suspended ||
          (refuses && check.code === 'schema.version') ||
          (server.demoted && ['store.writable', 'denials.writable'].includes(check.code))
        return broken ? { ...check, status: 'fail' as const } : check
      }),
    )
  }

  return Object.freeze({
    capabilities,
    denials: {
      async append(record) {
        if (waiting === MOST_DENIALS) throw new StoreError('UNAVAILABLE', { reason: 'capacity' })
        waiting += 1
        try {
          await write(async () => {
            takeRoom(1)
            await backend.denials.append(record)
          })
        } finally {
          waiting -= 1
        }
      },
    },
    outbox: {
      claim: (claim) => write(() => backend.outbox.claim(claim)),
      extend: (events, leaseMs) => write(() => backend.outbox.extend(events, leaseMs)),
      ack: (events) => write(() => cutOff(() => backend.outbox.ack(events))),
      nack: (refusal) => write(() => backend.outbox.nack(refusal)),
      redrive: (eventIds) => write(() => backend.outbox.redrive(eventIds)),
      startEpoch: () => write(() => backend.outbox.startEpoch()),
      state: () => request(() => backend.outbox.state()),
    },
    position: () => request(() => backend.position()),
    transaction(scope, work, reads) {
      const running = run(scope, work, reads)
      open.add(running)
      running.then(
        () => open.delete(running),
        () => open.delete(running),
      )
      return running
    },
    readiness,
    schemaVersion: () => request(schemaVersion),
    async diagnostics() {
      const report = await backend.diagnostics()
      const reached = await request(async () => true).catch(() => false)
      const known = reached ? { schemaVersion: await schemaVersion() } : { schemaVersion: null, outbox: null }
      return { ...report, capabilities, ...known }
    },
    close() {
      closing ??= Promise.allSettled(open).then(() => {
        closed = true
        return backend.close()
      })
      return closing
    },
  } satisfies UserEngineStore)
}
