import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Pool } from 'pg'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'

const eventSchema = z.object({
  id: z.uuid(),
  type: z.string(),
  subject: z.string(),
  ueaggregateversion: z.coerce.number().int().positive(),
})

/** The consumer's own table: its primary key is what makes one effect of many deliveries. */
export const RECEIVED_TABLE = `
  create table if not exists received_events (
    event_id uuid primary key,
    position bigint generated always as identity,
    type text not null,
    subject text not null,
    version integer not null
  )`

export interface WebhookReceiver {
  readonly url: string
  stop(): Promise<void>
}

/** Takes CloudEvents signed per Standard Webhooks: what is not signed, or too old, is refused. */
export async function startWebhookReceiver(pool: Pool, secret: string, port = 0): Promise<WebhookReceiver> {
  await pool.query(RECEIVED_TABLE)
  const webhook = new Webhook(secret)

  async function receive(body: string, headers: Record<string, string>): Promise<number> {
    let payload: unknown
    try {
      payload = webhook.verify(body, headers)
    } catch {
      return 401
    }
    const event = eventSchema.safeParse(payload)
    if (!event.success) return 400
    const { id, type, subject, ueaggregateversion } = event.data
    await pool.query(
      'insert into received_events (event_id, type, subject, version) values ($1, $2, $3, $4) on conflict do nothing',
      [id, type, subject, ueaggregateversion],
    )
    return 204
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      receive(body, request.headers as Record<string, string>).then(
        (status) => response.writeHead(status).end(),
        () => response.writeHead(503).end(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
