import { Client, type QueryResultRow } from 'pg'

export interface Place {
  readonly host: string
  readonly port: number
  readonly database: string
}

export interface Login {
  readonly user: string
  readonly password: string
}

/** One connection, made when it is needed, and again where it was lost: a server that was killed has ended it. */
export interface Administrator {
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  end(): Promise<void>
}

export function createAdministrator(place: Place, login: Login): Administrator {
  let connected: Promise<Client> | null = null
  let last: Promise<unknown> = Promise.resolve()

  function connect(): Promise<Client> {
    connected ??= (async () => {
      const client = new Client({ ...place, ...login })
      client.on('error', () => {
        connected = null
      })
      try {
        await client.connect()
      } catch (error) {
        connected = null
        throw error
      }
      return client
    })()
    return connected
  }

  return {
    query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
      // One after the other, as the driver wants it.
      const answer = last.then(async () => {
        const client = await connect()
        const { rows } = await client.query<Row>(text, [...values])
        return rows
      })
      last = answer.catch(() => undefined)
      return answer
    },
    async end() {
      const client = await connected?.catch(() => null)
      connected = null
      await client?.end()
    },
  }
}
