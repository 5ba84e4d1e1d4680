import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { AUDIENCE, startHost, type Host } from '../src/host.ts'
import { provideEmbeddedPostgres, type ProvidedPostgres } from '../src/provider.ts'

let postgres: ProvidedPostgres
let host: Host
let receiver: Client

beforeAll(async () => {
  postgres = await provideEmbeddedPostgres()
  host = await startHost({ postgres, requestHashKeys: [crypto.randomUUID()], port: 0 })
  receiver = new Client(postgres.receiver)
  await receiver.connect()
})

afterAll(async () => {
  await receiver.end()
  await host.stop()
  await postgres.stop()
})

async function post(path: string, token: string, body: unknown = {}, tenantId?: string) {
  const response = await fetch(`${host.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(tenantId === undefined ? {} : { 'x-tenant-id': tenantId }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('the example host', () => {
  it('makes a user just in time from an ID token, once for sixteen sign-ins at the same time', async () => {
    const token = await host.issuer.mint('ada', AUDIENCE)
    const answers = await Promise.all(Array.from({ length: 16 }, () => post('/sign-in', token)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200))
    expect(new Set(answers.map(({ body }) => (body['user'] as { id: string }).id)).size).toBe(1)
    expect(answers.filter(({ body }) => body['provisioned'] as boolean)).toHaveLength(1)
  })

  it('refuses tokens of another audience, of no key, and none', async () => {
    const other = await host.issuer.mint('ada', 'another-client')
    expect((await post('/sign-in', other)).status).toBe(401)
    const good = await host.issuer.mint('ada', AUDIENCE)
    expect((await post('/sign-in', `${good.slice(0, -4)}AAAA`)).status).toBe(401)
    expect((await post('/sign-in', 'none')).status).toBe(401)
  })

  it('lets nobody into a tenant for naming it, neither who is new nor who is known, until an operator does', async () => {
    const { body } = await post('/operations/registerTenant', host.tokens.operator, {})
    const { id } = body['tenant'] as { id: string }
    const known = await host.issuer.mint('known', AUDIENCE)
    const { user } = (await post('/sign-in', known)).body as { user: { id: string } }
    for (const token of [known, await host.issuer.mint('new', AUDIENCE)]) {
      expect(await post('/sign-in', token, {}, id)).toMatchObject({
        status: 403,
        body: { code: 'ACCESS_DENIED' },
      })
    }
    const audit = await post('/operations/queryAudit', host.tokens.operator, {}, id)
    const denied = (audit.body['items'] as { kind: string }[]).filter(({ kind }) => kind === 'denial')
    expect(denied).toHaveLength(2)
    await post('/operations/joinTenant', host.tokens.operator, { userId: user.id }, id)
    expect((await post('/sign-in', known, {}, id)).status).toBe(200)
  })

  it('refuses a body that is larger than any operation needs', async () => {
    const refused = await post(
      '/operations/listUsers',
      host.tokens.operator,
      `{"cursor":"${'x'.repeat(70_000)}"}`,
    )
    expect(refused.status).toBe(413)
  })

  it('refuses what the policy refuses, and shows the denial in the audit', async () => {
    const refused = await post('/operations/registerTenant', host.tokens.support, { externalRef: 'evil' })
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'ACCESS_DENIED', details: { durable: true } },
    })
    const audit = await post('/operations/queryAudit', host.tokens.operator)
    const items = audit.body['items'] as { kind: string; record: { action: string } }[]
    expect(items.some(({ kind, record }) => kind === 'denial' && record.action === 'tenant.register')).toBe(
      true,
    )
  })

  it('answers operations to its own services alone, and nothing to whoever guesses', async () => {
    const person = await host.issuer.mint('ada', AUDIENCE)
    for (const token of ['', 'guess', person, `${host.tokens.operator}x`]) {
      expect(await post('/operations/countRecords', token)).toEqual({
        status: 401,
        body: { code: 'INVALID_TOKEN' },
      })
    }
    const bare = await fetch(`${host.url}/operations/countRecords`, { method: 'POST' })
    expect(bare.status).toBe(401)
  })

  it('tells whether it is ready, and how it stands, without what is secret', async () => {
    const [ready, diagnostics] = await Promise.all(
      ['/readiness', '/diagnostics'].map(async (path) => {
        const response = await fetch(`${host.url}${path}`)
        return { status: response.status, text: await response.text() }
      }),
    )
    expect(ready).toMatchObject({ status: 200, text: expect.stringContaining('"status":"ready"') as string })
    expect(diagnostics?.status).toBe(200)
    const secrets = [...Object.values(host.tokens), postgres.receiver.password]
    for (const secret of secrets) {
      expect(String(secret).length).toBeGreaterThan(8)
      expect(`${ready?.text}${diagnostics?.text}`).not.toContain(secret)
    }
  })

  it.each([
    ['no JSON', '{'],
    ['an unknown field', { externalRef: 'a', admin: true }],
    ['a wrong type', { externalRef: 1 }],
  ])('answers %s with 400 and changes nothing', async (_, body) => {
    const before = await post('/operations/countRecords', host.tokens.operator)
    expect((await post('/operations/registerTenant', host.tokens.operator, body)).status).toBe(400)
    expect((await post('/operations/countRecords', host.tokens.operator)).body['tenants']).toBe(
      before.body['tenants'],
    )
  })

  it('delivers each event once and in order to the webhook', async () => {
    const tenant = await post('/operations/registerTenant', host.tokens.operator, { externalRef: 'ordered' })
    const { id } = tenant.body['tenant'] as { id: string }
    for (let round = 0; round < 10; round += 1) {
      await post('/operations/suspendTenant', host.tokens.operator, { tenantId: id })
      await post('/operations/reactivateTenant', host.tokens.operator, { tenantId: id })
    }
    await expect
      .poll(() => versionsOf(`tenant/${id}`), { timeout: 20_000 })
      .toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
  })

  it('refuses an event that is not signed', async () => {
    const { rows } = await receiver.query<{ n: number }>('select count(*)::int as n from received_events')
    const response = await fetch(host.webhookUrl, { method: 'POST', body: '{}' })
    expect(response.status).toBe(401)
    const after = await receiver.query<{ n: number }>('select count(*)::int as n from received_events')
    expect(after.rows).toEqual(rows)
  })
})

async function versionsOf(subject: string): Promise<readonly number[]> {
  const { rows } = await receiver.query<{ version: number }>(
    'select version from received_events where subject = $1 order by position',
    [subject],
  )
  return rows.map(({ version }) => version)
}
