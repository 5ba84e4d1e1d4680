import { execFileSync } from 'node:child_process'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { faultyProviders } from '../src/faulty.ts'
import { startWireProxy, type Frame, type ProviderOptions, type WireProxy } from '../src/postgres.ts'
import { issueCertificates } from './certificates.ts'
import { casesOf, foundBy, judgeProvider as judge, redOf } from './judged-provider.ts'
import { startPgbouncer, type Pgbouncer } from './pgbouncer.ts'
import { startProvidedServer, type ProvidedDatabase, type ProvidedServer } from './provided-postgres.ts'

let server: ProvidedServer
let careless: ProvidedServer
beforeAll(async () => {
  ;[server, careless] = await Promise.all([startProvidedServer(), startProvidedServer({ careless: true })])
})
afterAll(() => Promise.all([server.stop(), careless.stop()]))

/** What a published one is found by. */
function saysOf(name: string): readonly [by: string, says: RegExp] {
  const { by = '', expect: says = '' } = faultyProviders.find((one) => one.name === name) ?? {}
  return [by, new RegExp(`${says}.*\\. Remedy: `)]
}

describe('a server that nobody has set up', () => {
  it('is found by each setting that is missing, and by its encoding', { timeout: 120_000 }, async () => {
    const report = await judge((await careless.handOver('SQL_ASCII')).target())
    const expected = ['ascii-database', 'plain-let-in', 'fsync-off', 'no-checksums', 'minimal-log'].map(
      saysOf,
    )
    expect(redOf(report)).toEqual(expected.map(([id]) => id))
    for (const [id, says] of expected) expect(foundBy(report, id)?.[0]).toMatch(says)
  })
})

describe('TLS', () => {
  it.each<[string, (database: ProvidedDatabase) => ProviderOptions['handoff']['tls'], RegExp]>([
    [
      'a certificate of another name',
      ({ handoff }) => ({ ...(handoff.tls as object), serverName: 'db.other.example' }),
      /ERR_TLS_CERT_ALTNAME_INVALID\)\. Remedy: issue a certificate for the name/,
    ],
    [
      'a certificate of another authority',
      ({ handoff }) => ({ ...(handoff.tls as object), ca: impostor() }),
      /\((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)\)\. Remedy: /,
    ],
  ])('with %s lets nobody in, and says why', async (_, tls, says) => {
    const database = await server.handOver()
    const handoff = { ...database.handoff, tls: tls(database) }
    const report = await judge(database.target({ handoff, migrate: async () => {} }), ['UE-PRIVILEGE-002'])
    expect(foundBy(report, 'UE-PRIVILEGE-002/verified')?.[0]).toMatch(says)
    expect(redOf(report)).toEqual(['UE-PRIVILEGE-002/verified'])
  })

  it('that is promised by a server which has none is found', async () => {
    const { handoff, target } = await careless.handOver()
    const front = await startWireProxy(handoff.endpoint)
    const endpoint = { host: front.host, port: front.port }
    const report = await judge(target({ handoff: { ...handoff, endpoint } }), ['UE-PRIVILEGE-002'])
    await front.stop()
    expect(foundBy(report, 'UE-PRIVILEGE-002/verified')?.[0]).toMatch(
      /^runtime gets no connection \(NO_TLS\)\. Remedy: set ssl = on/,
    )
  })

  it('that is not promised is no TLS, whoever listens', async () => {
    const { handoff, target } = await careless.handOver()
    const report = await judge(target({ handoff: { ...handoff, tls: 'plain' } }), ['UE-PRIVILEGE-002'])
    expect(foundBy(report, 'UE-PRIVILEGE-002/promised')?.[0]).toMatch(
      /^the handoff says plain\. Remedy: say tls/,
    )
    expect(casesOf(report, 'unsupported')).toEqual([
      'UE-PRIVILEGE-002/plain-refused',
      'UE-PRIVILEGE-002/verified',
    ])
  })
})

function minorVersion(): number {
  const version = execFileSync('/usr/sbin/pgbouncer', ['--version'], { encoding: 'utf8' })
  return Number(/ 1\.(\d+)/.exec(version)?.[1])
}

function impostor(): string {
  const { ca, remove } = issueCertificates('db.internal.example')
  remove()
  return ca
}

describe('a pooler', () => {
  const poolers: Pgbouncer[] = []
  afterAll(() => Promise.all(poolers.map((one) => one.stop())))

  /** Before the careless server: what is judged is the pooler. */
  async function pooled(
    settings: Readonly<Record<string, string>>,
    declared: ProviderOptions['handoff']['pooler'],
    direct = true,
  ) {
    const { handoff, target } = await careless.handOver()
    const { endpoint, migrator, runtime, denials, relay } = handoff
    const front = await startPgbouncer(endpoint, [migrator, runtime, denials, relay], settings)
    poolers.push(front)
    return judge(
      target({
        handoff: {
          ...handoff,
          tls: 'plain',
          endpoint: { host: front.host, port: front.port },
          ...(direct ? { direct: endpoint } : {}),
          pooler: declared,
        },
      }),
      ['UE-HANDOFF'],
    )
  }
  const transaction = (preparedStatements: boolean) => ({ mode: 'transaction' as const, preparedStatements })
  const session = { mode: 'session' as const, preparedStatements: true }
  /** Since 1.21 it keeps track of statements unless it is told not to; before, it does not know how to be told. */
  const UNTRACKED = minorVersion() < 21 ? {} : { max_prepared_statements: '0' }

  it.each<[string, Readonly<Record<string, string>>, typeof session | ReturnType<typeof transaction>]>([
    ['in transaction mode', {}, transaction(false)],
    ['in session mode', { pool_mode: 'session' }, session],
  ])('%s is as its handoff says', { timeout: 60_000 }, async (_, settings, declared) => {
    expect(redOf(await pooled(settings, declared))).toEqual([])
  })

  it.each<
    [string, string, Readonly<Record<string, string>>, ProviderOptions['handoff']['pooler'], RegExp, boolean?]
  >([
    [
      'in session mode that is declared to share',
      'UE-HANDOFF-002/mode',
      { pool_mode: 'session' },
      transaction(true),
      /^the handoff declares a transaction's connection, and the endpoint keeps it for a session\. Remedy: set pool_mode = tr/,
    ],
    [
      'in transaction mode that is not declared',
      'UE-HANDOFF-002/mode',
      {},
      null,
      /keeps it for a transaction\. Remedy: say pooler: \{ mode: 'transaction'/,
    ],
    [
      'that forgets prepared statements',
      'UE-HANDOFF-002/prepared',
      UNTRACKED,
      transaction(true),
      /^a prepared statement is lost \((26000|42P05)\) .* Remedy: set max_prepared_statements/,
    ],
    [
      'that leaves behind what a session has set',
      'UE-HANDOFF-002/left-behind',
      { pool_mode: 'session', server_reset_query: '' },
      session,
      /^the next client finds a setting and a lock of the one before\. Remedy: set server_reset_query/,
    ],
    [
      'between the migrator and the server',
      'UE-HANDOFF-002/direct',
      {},
      transaction(true),
      /^the migrator's session changes its server connection.*Remedy: hand over `direct`/,
      false,
    ],
  ])('%s is found by %s', { timeout: 120_000 }, async (_, by, settings, declared, says, direct = true) => {
    const report = await pooled(settings, declared, direct)
    expect(foundBy(report, by)?.[0]).toMatch(says)
    expect(redOf(report).filter((id) => !id.startsWith('UE-HANDOFF-002/'))).toEqual([])
  })
})

describe('a server that lies in front of', () => {
  /** The same answers, with the digits of some of them changed. */
  async function lying(only: string, change: (text: string, count: number) => string) {
    const { handoff, target } = await careless.handOver()
    const front: WireProxy = await startWireProxy(handoff.endpoint)
    let count = 0
    front.rewrite((frame) => {
      if (frame.from !== 'server' || frame.type !== 'D') return frame
      count += 1
      return withText(frame, (text) => change(text, count))
    })
    const endpoint = { host: front.host, port: front.port }
    const report = await judge(target({ handoff: { ...handoff, tls: 'plain', endpoint } }), [only])
    await front.stop()
    return report
  }

  it.each([
    ['15 and its fixes', '140015', /^the server is 14\.15\. Remedy: move to Postgres 15 or newer/],
    ['the fixes of its major', '170002', saysOf('known-holes')[1]],
  ])('%s is found by its version', async (_, version, says) => {
    const report = await lying('UE-PRIVILEGE-003', (text) => text.replace(/1[5-8]00\d\d/, version))
    expect(foundBy(report, 'UE-PRIVILEGE-003/server-version')?.[0]).toMatch(says)
  })

  it('a clock that goes back is found by it', async () => {
    const report = await lying('UE-HANDOFF-007', (text, count) =>
      count % 2 === 0 ? text.replace(/^1\d{3}/, (digits) => String(Number(digits) - 1)) : text,
    )
    expect(foundBy(report, 'UE-HANDOFF-007/monotonic')?.[0]).toMatch(
      /^the clock went back by \d+ ms\. Remedy: slew the clock/,
    )
  })
})

/** The same message with another text of the same length in it. */
function withText(frame: Frame, change: (text: string) => string): Frame {
  const start = 11
  const text = frame.bytes.toString('latin1', start)
  const changed = change(text)
  return { ...frame, bytes: Buffer.concat([frame.bytes.subarray(0, start), Buffer.from(changed, 'latin1')]) }
}
