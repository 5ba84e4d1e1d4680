import { isUserEngineError, type UserEngineErrorCode, type UserEngineService } from '@user-engine/core'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

import type { createSignIn } from './sign-in.ts'

export interface ApiOptions {
  readonly engine: UserEngineService
  readonly signIn: ReturnType<typeof createSignIn>
  /** Which service a bearer token stands for. */
  readonly services: ReadonlyMap<string, string>
}

const STATUS: Partial<Record<UserEngineErrorCode, ContentfulStatusCode>> = {
  INVALID_INPUT: 400,
  INVALID_CURSOR: 400,
  TENANT_REQUIRED: 400,
  ACCESS_DENIED: 403,
  NOT_FOUND: 404,
  AUTHORIZATION_UNAVAILABLE: 503,
  CONTENTION: 503,
  UNKNOWN_OUTCOME: 503,
  NOT_READY: 503,
  UNAVAILABLE: 503,
  TIMEOUT: 503,
}

/** The operations of a session by their paths: `POST /operations/{name}` with the operation's own input as JSON. */
const OPERATIONS = [
  'registerTenant',
  'suspendTenant',
  'reactivateTenant',
  'getTenant',
  'listTenants',
  'provisionUser',
  'suspendUser',
  'reactivateUser',
  'getUser',
  'listUsers',
  'disableAccount',
  'enableAccount',
  'getAccount',
  'linkIdentity',
  'unlinkIdentity',
  'resolveIdentity',
  'listIdentities',
  'joinTenant',
  'leaveTenant',
  'suspendTenantAccount',
  'reactivateTenantAccount',
  'getTenantAccount',
  'listTenantAccounts',
  'queryAudit',
  'pendingEvents',
  'countRecords',
] as const

export function createApi({ engine, signIn, services }: ApiOptions): Hono {
  const api = new Hono()

  // No operation needs more.
  const tooLarge = { code: 'INVALID_INPUT', message: 'The body has at most 64 KiB.' }
  api.use(bodyLimit({ maxSize: 65_536, onError: (context) => context.json(tooLarge, 413) }))

  api.onError((error, context) => {
    if (error instanceof SyntaxError) return context.json({ code: 'INVALID_INPUT' }, 400)
    if (!isUserEngineError(error)) return context.json({ code: 'INTERNAL' }, 500)
    const { code, message, details } = error
    return context.json({ code, message, details }, STATUS[code] ?? 409)
  })

  api.get('/readiness', async (context) => {
    const report = await engine.readiness()
    return context.json(report, report.status === 'not_ready' ? 503 : 200)
  })

  api.get('/diagnostics', async (context) => context.json(await engine.diagnostics()))

  /** An OpenID Connect ID token as the bearer token; the tenant by header. */
  api.post('/sign-in', async (context) => {
    const token = bearer(context.req.header('authorization'))
    const result = token === null ? null : await signIn(tenantOf(context.req.header('x-tenant-id')), token)
    if (result === null) return context.json({ code: 'INVALID_TOKEN' }, 401)
    return context.json(result, result.outcome === 'active' ? 200 : 403)
  })

  for (const name of OPERATIONS) {
    api.post(`/operations/${name}`, async (context) => {
      const service = services.get(bearer(context.req.header('authorization')) ?? '')
      if (service === undefined) return context.json({ code: 'INVALID_TOKEN' }, 401)
      const session = engine.as({
        actor: { kind: 'service', id: service },
        tenantId: tenantOf(context.req.header('x-tenant-id')),
        correlationId: context.req.header('x-correlation-id') ?? null,
      })
      const body = await context.req.text()
      // The engine parses what it is given; nothing is known of it here.
      const input = JSON.parse(body === '' ? '{}' : body) as never
      return context.json((await session[name](input)) ?? null)
    })
  }
  return api
}

function bearer(header: string | undefined): string | null {
  return header === undefined ? null : (/^Bearer (\S+)$/i.exec(header)?.[1] ?? null)
}

function tenantOf(header: string | undefined): string | null {
  return header === undefined || header === '' ? null : header
}
