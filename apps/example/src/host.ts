import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { serve } from '@hono/node-server'
import { createUserEngine, type UserEngineService } from '@user-engine/core'
import { createPostgresStore } from '@user-engine/postgres'
import { Pool } from 'pg'

import { createApi } from './api.ts'
import { startDevelopmentIssuer, type DevelopmentIssuer } from './development-issuer.ts'
import { authorize } from './policy.ts'
import type { ProvidedPostgres } from './provider.ts'
import { startRelay } from './relay.ts'
import { createSignIn } from './sign-in.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

export const AUDIENCE = 'user-engine-example'

/** Everything that runs: the API, the development issuer, the relay and the receiver that it posts to. */
export interface Host {
  readonly url: string
  /** Where events are posted to. */
  readonly webhookUrl: string
  readonly engine: UserEngineService
  readonly issuer: DevelopmentIssuer
  /** A bearer token of each service of the policy. */
  readonly tokens: { readonly operator: string; readonly support: string }
  stop(): Promise<void>
}

export interface HostOptions {
  readonly postgres: ProvidedPostgres
  readonly requestHashKeys: readonly [string, ...string[]]
  /** 0 for any free one. */
  readonly port: number
}

export async function startHost({ postgres, requestHashKeys, port }: HostOptions): Promise<Host> {
  const store = createPostgresStore(postgres.handoff)
  const engine = createUserEngine({ store, authorize, requestHashKeys })
  const { status, checks } = await engine.readiness()
  if (status === 'not_ready') {
    const failed = checks.filter((check) => check.status === 'fail').map(({ code }) => code)
    await engine.close()
    throw new Error(`The store is not ready: ${failed.join(', ')}`)
  }
  const issuer = await startDevelopmentIssuer()
  const secret = `whsec_${Buffer.from(crypto.randomUUID()).toString('base64')}`
  const pool = new Pool({ ...postgres.receiver, max: 4 })
  pool.on('error', () => {})
  const receiver = await startWebhookReceiver(pool, secret)
  const relay = startRelay(engine, receiver.url, secret)
  const tokens = { operator: crypto.randomUUID(), support: crypto.randomUUID() }
  const services = new Map(Object.entries(tokens).map(([service, token]) => [token, service]))
  const { issuer: name, jwksUri } = issuer
  const signIn = createSignIn({ engine, issuer: name, jwksUri, audience: AUDIENCE })
  const api = createApi({ engine, signIn, services })
  const server = serve({ fetch: api.fetch, port, hostname: '127.0.0.1' })
  if (!server.listening) await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    webhookUrl: receiver.url,
    engine,
    issuer,
    tokens,
    async stop() {
      await new Promise((resolve) => server.close(resolve))
      await relay.stop()
      await receiver.stop()
      await pool.end()
      await issuer.stop()
      await engine.close()
    },
  }
}
