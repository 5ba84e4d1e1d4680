import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { HandoffError, parseHandoff, tlsOptions } from '../src/handoff.ts'
import { createPostgresStore } from '../src/index.ts'

const CANARY = 'canary-5d21'
const login = { user: 'app', password: CANARY }
const whole = {
  endpoint: { host: 'db.internal', port: 5432 },
  database: 'app',
  tls: {},
  runtime: login,
  denials: login,
  relay: { lease: async () => ({ ...login, expiresAt: null }) },
}

function refusal(given: unknown): HandoffError {
  try {
    parseHandoff(given)
  } catch (error) {
    if (!(error instanceof HandoffError)) throw error
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
    return error
  }
  throw new Error('It was accepted.')
}

describe('a handoff', () => {
  it('that is whole is taken as it is', () => {
    expect(parseHandoff(whole)).toEqual(whole)
    const more = {
      direct: { host: 'db', port: 5433 },
      pooler: { mode: 'transaction', preparedStatements: false },
    }
    expect(parseHandoff({ ...whole, ...more, tls: 'plain', migrator: login, diagnose: login })).toMatchObject(
      more,
    )
  })

  const wrong: readonly (readonly [what: string, given: unknown, path: string])[] = [
    ['nothing', null, ''],
    ['a list', [], ''],
    ['no TLS said', { ...whole, tls: undefined }, 'tls'],
    ['TLS without verification', { ...whole, tls: { rejectUnauthorized: false } }, 'tls'],
    ['sslmode', { ...whole, sslmode: 'require' }, ''],
    ['a word that is none', { ...whole, tls: 'prefer' }, 'tls'],
    ['a key without certificate', { ...whole, tls: { key: `-----BEGIN ${CANARY}` } }, 'tls'],
    ['an authority that is a path', { ...whole, tls: { ca: `/etc/${CANARY}.pem` } }, 'tls.ca'],
    ['a lease and a password', { ...whole, relay: { ...login, lease: whole.relay.lease } }, 'relay'],
    ['no password', { ...whole, runtime: { user: CANARY } }, 'runtime'],
    ['a lease that is no function', { ...whole, runtime: { lease: CANARY } }, 'runtime'],
    ['no connections', { ...whole, runtime: { ...login, max: 0 } }, 'runtime.max'],
    ['a port that is none', { ...whole, endpoint: { host: 'h', port: 70_000 } }, 'endpoint.port'],
    [
      'a mode that is none',
      { ...whole, pooler: { mode: 'statement', preparedStatements: false } },
      'pooler.mode',
    ],
    ['a replica that is none', { ...whole, replica: CANARY }, 'replica'],
    ['a prefix with a quote', { ...whole, rolePrefix: 'a"b' }, 'rolePrefix'],
  ]
  it.each(wrong)('with %s names the field, and no value', (_, given, path) => {
    expect(refusal(given).issues.map((issue) => issue.path)).toContain(path)
  })

  it('has no replica with Citus: a position in the log of one server says nothing of the others', () => {
    const replica = { host: 'standby.internal', port: 5432 }
    expect(parseHandoff({ ...whole, replica })).toMatchObject({ replica })
    const given = { ...whole, replica, dialect: 'citus' } as const
    const error = refusal(given)
    expect(error.issues).toEqual([{ path: 'replica', rule: 'not_with_citus' }])
    expect(error.message).toBe('The handoff is not complete: replica (not_with_citus).')
    expect(() => createPostgresStore(given)).toThrow(HandoffError)
  })

  it.each([
    'sslmode=require',
    'sslmode=verify-full&sslrootcert=/x',
    'application_name=x&uselibpqcompat=true',
  ])('is no connection string with %s: the reason is said', (parameters) => {
    const error = refusal(`postgresql://app:${CANARY}@db/app?${parameters}`)
    expect(error.issues.every(({ rule }) => rule === 'tls_in_a_connection_string')).toBe(true)
    expect(error.message).toContain('tls: { ca, serverName }')
  })

  it('is no connection string at all', () => {
    expect(refusal(`postgresql://app:${CANARY}@db/app`).issues).toEqual([
      { path: '', rule: 'connection_string' },
    ])
  })

  it('always verifies the certificate and the name on it', () => {
    const endpoint = { host: 'db.internal', port: 5432 }
    expect(tlsOptions({ tls: {} }, endpoint)).toMatchObject({
      rejectUnauthorized: true,
      servername: 'db.internal',
    })
    expect(tlsOptions({ tls: { serverName: 'db' } }, endpoint)).toMatchObject({ servername: 'db' })
    expect(tlsOptions({ tls: 'plain' }, endpoint)).toBe(false)
  })
})
