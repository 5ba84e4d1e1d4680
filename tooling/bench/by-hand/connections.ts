import pg, { type Client, type PoolConfig } from 'pg'

import type { Statement } from '../../../packages/postgres/src/statement.ts'

/** The directory and a tenant beside it, until the transaction ends: as the engine does it. */
export const BIND = `select set_config('user_engine.scopes', array[$1::uuid, $2::uuid]::text, true) is not null`

/** As many connections as callers, each lent to one at a time: cheaper than a pool. */
export interface Connections {
  use<Result>(work: (client: Client) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export async function openConnections(config: PoolConfig, pipeline = false): Promise<Connections> {
  const clients = await Promise.all(
    Array.from({ length: config.max ?? 1 }, async () => {
      const client = new pg.Client({ ...config, pipeline })
      await client.connect()
      return client
    }),
  )
  const free = [...clients]
  return {
    async use(work) {
      const client = free.pop()
      if (client === undefined) throw new Error('more callers than connections')
      try {
        return await work(client)
      } finally {
        free.push(client)
      }
    },
    close: async () => void (await Promise.all(clients.map((client) => client.end()))),
  }
}

export const queryOf = ({ name, text, values }: Statement) => ({
  ...(name !== null && { name }),
  text,
  values: [...values],
})

let count = 0
/** In order of time, as the engine's own are. */
export function newId(): string {
  const hex = Date.now().toString(16).padStart(12, '0')
  const low = (count += 1).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${low}`
}
