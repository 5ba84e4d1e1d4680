import type { Endpoint, Login } from './pool.ts'

export interface PostgresStoreOptions extends Endpoint {
  /** What transactions use. 10 connections where `max` is absent. */
  readonly runtime: Login
  /** Denials have connections of their own, so that no transaction can hold one up. 2 where `max` is absent. */
  readonly denials: Login
  /** The outbox across all scopes. 2 where `max` is absent. */
  readonly relay: Login
  /** How long a call waits for a connection. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** How long the server may take for one batch. Default 10,000; more than the roles' statement_timeout. */
  readonly batchTimeoutMs?: number
  /** Denials that may wait for a connection. Default 1,000. */
  readonly denialQueueLimit?: number
  /** False for a pooler that does not keep track of prepared statements. Default true. */
  readonly preparedStatements?: boolean
}

const NUMBERS = ['connectTimeoutMs', 'batchTimeoutMs', 'denialQueueLimit'] as const

/** Throws a TypeError that names what is wrong, and never repeats a value: one of them may be a credential. */
export function assertOptions(options: PostgresStoreOptions): void {
  const given: unknown = options
  expect(
    typeof given === 'object' && given !== null,
    'options is an object: connection strings are not taken.',
  )
  for (const name of ['connectionString', 'password', 'user'] as const) {
    expect(
      !Object.hasOwn(options, name),
      `${name} is not an option: give host, port, database and one login for each purpose.`,
    )
  }
  expect(isText(options.host), 'host is the name or address of the server.')
  expect(isPositive(options.port) && options.port <= 65_535, 'port is a whole number from 1 to 65535.')
  expect(isText(options.database), 'database is the name of the database.')
  for (const purpose of ['runtime', 'denials', 'relay'] as const) assertLogin(purpose, options[purpose])
  for (const name of NUMBERS) {
    const value = options[name]
    expect(value === undefined || isPositive(value), `${name} is a whole number above 0.`)
  }
}

function assertLogin(purpose: string, login: Login | undefined): void {
  expect(isText(login?.user), `${purpose}.user is the name of a login.`)
  const { password, max } = login ?? {}
  expect(
    typeof password === 'function' || typeof password === 'string',
    `${purpose}.password is a string, or a function that answers one.`,
  )
  expect(max === undefined || isPositive(max), `${purpose}.max is a whole number above 0.`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isPositive(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new TypeError(`createPostgresStore: ${message}`)
}
