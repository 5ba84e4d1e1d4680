import { Client } from 'pg'
import type { ConnectionOptions } from 'node:tls'

import type { Endpoint, Handoff, Lease } from '../provider/handoff.ts'
import { ProviderError, type Connection } from '../provider/provider.ts'

const CONNECT_MS = 10_000

/** Connects as an application does: with TLS that is verified, unless the handoff says plain. */
export async function openConnection(
  handoff: Handoff,
  endpoint: Endpoint,
  { user, password }: Pick<Lease, 'user' | 'password'>,
): Promise<Connection> {
  const client = new Client({
    ...endpoint,
    database: handoff.database,
    user,
    password,
    ssl: tlsOptions(handoff, endpoint),
    connectionTimeoutMillis: CONNECT_MS,
  })
  // Whoever waits for an answer is told; the event repeats it, with the client and its secrets attached.
  client.on('error', () => {})
  let last: Promise<unknown> = Promise.resolve()
  let ended = false

  /** One after the other, as the driver wants it. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const answer = last.then(work).catch(codeAlone)
    last = answer.catch(() => {})
    return answer
  }

  await inTurn(() => client.connect()).catch(async (error: unknown) => {
    await client.end().catch(() => {})
    throw error
  })
  return {
    query: <Row extends object>(text: string, values: readonly unknown[] = []) =>
      inTurn(async () => (await client.query<Row>(text, [...values])).rows),
    prepared: <Row extends object>(name: string, text: string) =>
      inTurn(async () => (await client.query<Row>({ name, text })).rows),
    async end() {
      if (ended) return
      ended = true
      await client.end().catch(() => {})
    },
  }
}

function tlsOptions({ tls }: Handoff, { host }: Endpoint): ConnectionOptions | false {
  if (tls === 'plain') return false
  const { ca, serverName, certificate, key } = tls
  return {
    rejectUnauthorized: true,
    servername: serverName ?? host,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate, key }),
  }
}

/** What the driver says in words alone. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL/, 'NO_TLS'],
  [/timeout/, 'TIMEOUT'],
  [/terminated|ended/, 'LOST'],
]

function codeAlone(error: unknown): never {
  const { code, message } = error instanceof Error ? (error as Error & { code?: unknown }) : {}
  const words = WORDS.find(([pattern]) => pattern.test(message ?? ''))
  throw new ProviderError(typeof code === 'string' ? code : (words?.[1] ?? 'LOST'))
}
