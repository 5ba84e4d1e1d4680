import type { ConnectionOptions } from 'node:tls'

import { z } from 'zod'

import type { Dialect } from './dialect.ts'

/** Where a server, or a pooler in front of it, is reached. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Credentials that end. */
export interface Lease {
  readonly user: string
  readonly password: string
  /** Null: they do not end by themselves. */
  readonly expiresAt: Date | null
}

/**
 * A login of the database. A function is asked for the password each time a connection is made; a `lease` is asked for user
 * and password together, before the ones it gave last have ended.
 */
export type Login = {
  /**
   * How many connections at most. Default 10, of denials and relay 2. Over few the server is faster: twice its cores, and as many
   * again as transactions wait for something outside.
   */
  readonly max?: number | undefined
} & (
  | { readonly user: string; readonly password: string | (() => string | Promise<string>) }
  | { readonly lease: () => Promise<Lease> }
)

/** Verified TLS: the certificate has to be of an authority that is trusted, and of the name that was asked for. */
export interface Tls {
  /** PEM of the authority that issued the server's certificate; those of the system where absent. */
  readonly ca?: string | undefined
  /** The name on the certificate where it is not `host`. */
  readonly serverName?: string | undefined
  /** PEM of a certificate of the client, and its key, where the server asks for them. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

/** All that a provider hands over of a database (UE-HANDOFF-001): one login for each purpose, so that none can do another's work. */
export interface Handoff {
  readonly endpoint: Endpoint
  /** Past the pooler: migrations and what else needs a session of its own. `endpoint` where absent. */
  readonly direct?: Endpoint | undefined
  /**
   * A hot standby, or a pooler in front of it, for reads that may be answered there: of the same database, by the same
   * login, TLS and pooler mode. Not with Citus.
   */
  readonly replica?: Endpoint | undefined
  readonly database: string
  /** `plain` sends credentials and people's data unencrypted: for the same machine, or a network that is private. */
  readonly tls: Tls | 'plain'
  /** Null or absent: there is none. */
  readonly pooler?: Pooler | null | undefined
  /** What the names of the roles begin with; `user_engine` where absent. */
  readonly rolePrefix?: string | undefined
  /** `citus` where the tenants are spread over several servers, see the guide on scale-out; `postgres` where absent. */
  readonly dialect?: Dialect | undefined
  readonly runtime: Login
  readonly denials: Login
  readonly relay: Login
  readonly migrator?: Login | undefined
  readonly diagnose?: Login | undefined
}

export interface Pooler {
  readonly mode: 'session' | 'transaction'
  /** Whether what is prepared on one connection is there again when another one is given. PgBouncer: since 1.21. */
  readonly preparedStatements: boolean
}

const rule = (name: string) => ({ params: { rule: name } })
const text = z.string().min(1).max(63)
const endpoint = z.strictObject({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) })
const isFunction = (value: unknown) => typeof value === 'function'
const max = z.int().min(1).max(1000).optional()

const login = z.union(
  [
    z.strictObject({
      user: text,
      password: z.union([
        z.string(),
        z.custom<() => string | Promise<string>>(isFunction, rule('neither_text_nor_function')),
      ]),
      max,
    }),
    z.strictObject({ lease: z.custom<() => Promise<Lease>>(isFunction, rule('not_a_function')), max }),
  ],
  { error: 'user_and_password_or_lease' },
)

const pem = z.string().refine((value) => value.includes('-----BEGIN '), rule('not_pem'))

export const handoffSchema = z
  .strictObject({
    endpoint,
    dialect: z.enum(['postgres', 'citus']).optional(),
    direct: endpoint.optional(),
    replica: endpoint.optional(),
    database: text,
    tls: z.union(
      [
        z.literal('plain'),
        z
          .strictObject({
            ca: pem.optional(),
            serverName: z.string().min(1).max(255).optional(),
            certificate: pem.optional(),
            key: pem.optional(),
          })
          .refine(
            (given) => (given.certificate === undefined) === (given.key === undefined),
            rule('one_without_the_other'),
          ),
      ],
      { error: 'verified_tls_or_plain' },
    ),
    pooler: z
      .strictObject({ mode: z.enum(['session', 'transaction']), preparedStatements: z.boolean() })
      .nullish(),
    rolePrefix: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,40}$/)
      .optional(),
    runtime: login,
    denials: login,
    relay: login,
    migrator: login.optional(),
    diagnose: login.optional(),
  })
  .refine(({ dialect, replica }) => dialect !== 'citus' || replica === undefined, {
    ...rule('not_with_citus'),
    path: ['replica'],
  }) satisfies z.ZodType<Handoff>

/** Something is wrong with a handoff. It names fields and rules, never a value: one of them may be a credential. */
export class HandoffError extends TypeError {
  readonly issues: readonly { readonly path: string; readonly rule: string }[]

  constructor(message: string, issues: HandoffError['issues']) {
    super(message)
    this.name = 'HandoffError'
    this.issues = issues
  }
}

/** The handoff, or a HandoffError that names each field that is not as it must be. */
export function parseHandoff(given: unknown): Handoff {
  if (typeof given === 'string') throw refuseConnectionString(given)
  const parsed = read(given)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    rule: issue.code === 'custom' ? String(issue.params?.['rule']) : issue.code,
  }))
  const named = issues.map(({ path, rule: what }) => `${path === '' ? 'handoff' : path} (${what})`)
  throw new HandoffError(`The handoff is not complete: ${named.join(', ')}.`, issues)
}

function read(given: unknown) {
  try {
    return handoffSchema.safeParse(given)
  } catch {
    // A getter threw, and may say anything.
    throw new HandoffError('The handoff can not be read.', [{ path: '', rule: 'unreadable' }])
  }
}

/**
 * Two readings of one text: pg verifies where libpq does not, and `sslmode=require` verifies nothing in either of them as
 * soon as it comes with `sslrootcert` or a later release. What decides over a connection is said once, in its own words.
 */
function refuseConnectionString(given: string): HandoffError {
  const names = [...given.matchAll(/[?&](ssl[a-z]*|uselibpqcompat)=/g)].map(([, name]) => name ?? '')
  const issues = names.map((name) => ({ path: name, rule: 'tls_in_a_connection_string' }))
  if (issues.length === 0) {
    const rules = [{ path: '', rule: 'connection_string' }]
    return new HandoffError(
      'A connection string is not taken: it has one login, and a handoff has three.',
      rules,
    )
  }
  return new HandoffError(
    `A connection string is not taken, least of all with ${names.join(', ')}: drivers read these differently, and some of ` +
      'them as no verification at all. Say tls: { ca, serverName }.',
    issues,
  )
}

/** As node has it: always verified, always by name. */
export function tlsOptions({ tls }: Pick<Handoff, 'tls'>, { host }: Endpoint): ConnectionOptions | false {
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
