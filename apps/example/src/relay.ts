import type { CloudEvent, UserEngineService } from '@user-engine/core'
import { Webhook } from 'standardwebhooks'

export interface Relay {
  stop(): Promise<void>
}

/** Posts events to a webhook, signed per Standard Webhooks, until it is stopped. What is refused is tried again. */
export function startRelay(engine: UserEngineService, url: string, secret: string, pollMs = 200): Relay {
  const webhook = new Webhook(secret)
  const stopping = new AbortController()

  async function publish(event: CloudEvent): Promise<void> {
    const body = JSON.stringify(event)
    const timestamp = new Date()
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/cloudevents+json',
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
        'webhook-signature': webhook.sign(event.id, timestamp, body),
      },
      signal: AbortSignal.timeout(10_000),
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await engine.drainOutbox({ publish, signal: stopping.signal }).catch(() => undefined)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs)
        stopping.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      })
    }
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
