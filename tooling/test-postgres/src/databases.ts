import { escapeIdentifier, Client } from 'pg'

/** Where a test server is. Plain data: vitest hands it to the workers. */
export interface Coordinates {
  readonly kind: 'url' | 'container' | 'embedded'
  /** As the server states it, e.g. `17.10`. */
  readonly version: string
  readonly host: string
  readonly port: number
  readonly adminUser: string
  readonly adminPassword: string
  /** Of the administrator, at the maintenance database. */
  readonly connectionString: string
  /** Leads the name of every database of this run, so that a shared server is left as it was. */
  readonly prefix: string
}

export interface TestDatabase {
  readonly name: string
  /** Of the administrator, at this database. */
  readonly connectionString: string
}

export interface Databases {
  /** A database of this run; its full name is in the answer. A template must have no connections. */
  createDatabase(name: string, options?: { readonly template?: TestDatabase }): Promise<TestDatabase>
  /** Ends the connections to it first. */
  dropDatabase(database: TestDatabase): Promise<void>
}

/** Creates and drops databases on a running test server, from any process. */
export function createDatabases(coordinates: Coordinates): Databases {
  return {
    async createDatabase(name, { template } = {}) {
      const database = `${coordinates.prefix}${name}`
      if (Buffer.byteLength(database) > 63) throw new Error(`the database name ${database} is too long`)
      const source =
        template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template.name)} STRATEGY file_copy`
      await administer(coordinates, (admin) =>
        admin.query(`CREATE DATABASE ${escapeIdentifier(database)}${source}`),
      )
      const url = new URL(coordinates.connectionString)
      url.pathname = `/${database}`
      return { name: database, connectionString: url.href }
    },
    async dropDatabase({ name }) {
      await administer(coordinates, (admin) => dropDatabase(admin, name))
    },
  }
}

/** Drops whatever the run has left on its server. */
export async function dropDatabasesOfRun(coordinates: Coordinates): Promise<void> {
  await administer(coordinates, async (admin) => {
    const { rows } = await admin.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [coordinates.prefix],
    )
    for (const { datname } of rows) await dropDatabase(admin, datname)
  })
}

async function dropDatabase(admin: Client, name: string): Promise<void> {
  await admin.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`)
}

/** Runs `work` on a connection of the administrator. */
export async function administer<Result>(
  { connectionString }: Pick<Coordinates, 'connectionString'>,
  work: (admin: Client) => Promise<Result>,
): Promise<Result> {
  const admin = new Client({ connectionString, connectionTimeoutMillis: 10_000 })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}
