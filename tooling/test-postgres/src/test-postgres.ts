import {
  administer,
  createDatabases,
  dropDatabasesOfRun,
  type Coordinates,
  type Databases,
} from './databases.ts'
import { startEmbeddedPostgres, type EmbeddedOptions, type EmbeddedProcess } from './embedded.ts'

export interface TestPostgres extends Coordinates, Databases {
  /** How to make the server suffer; null unless it is an embedded one. */
  readonly process: EmbeddedProcess | null
  /** Drops the databases of the run, or ends the server that was started for it. */
  stop(): Promise<void>
}

export interface TestPostgresOptions extends EmbeddedOptions {
  /** Without it the environment decides: USER_ENGINE_TEST_POSTGRES, else the first that is there. */
  readonly kind?: Coordinates['kind']
}

interface Running {
  readonly url: URL
  readonly process: EmbeddedProcess | null
  end(): Promise<void>
}

/**
 * A Postgres for tests: the server that USER_ENGINE_TEST_DATABASE_URL names, else a container where Docker answers, else
 * the embedded binaries. USER_ENGINE_TEST_POSTGRES=url|container|embedded forces one, and fails if it isn't there.
 */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const kind = options.kind ?? (await choose())
  const running = await START[kind](options)
  const { url } = running
  const server = { connectionString: url.href }
  const version = await administer(server, async (admin) => {
    const { rows } = await admin.query<{ server_version: string }>('SHOW server_version')
    return rows[0]?.server_version ?? ''
  }).catch(async (cause: unknown) => {
    await running.end()
    throw new Error(`the test Postgres (${kind}) does not answer`, { cause })
  })
  const coordinates: Coordinates = {
    ...server,
    kind,
    version,
    host: url.hostname,
    port: Number(url.port || 5432),
    adminUser: decodeURIComponent(url.username),
    adminPassword: decodeURIComponent(url.password),
    prefix: `ue_${crypto.randomUUID().slice(0, 8)}_`,
  }
  return {
    ...coordinates,
    ...createDatabases(coordinates),
    process: running.process,
    async stop() {
      if (kind === 'url') await dropDatabasesOfRun(coordinates)
      await running.end()
    },
  }
}

/** What a run says about its server: never where it is, nor how to get in. */
export function describeTestPostgres({ kind, version }: Coordinates): string {
  const source = {
    url: 'USER_ENGINE_TEST_DATABASE_URL',
    container: 'a container',
    embedded: 'embedded binaries',
  }
  return `Postgres ${version} from ${source[kind]}`
}

async function choose(): Promise<Coordinates['kind']> {
  const forced = process.env['USER_ENGINE_TEST_POSTGRES']
  if (forced === 'url' || forced === 'container' || forced === 'embedded') return forced
  if (forced) throw new Error('USER_ENGINE_TEST_POSTGRES must be url, container or embedded')
  if (process.env['USER_ENGINE_TEST_DATABASE_URL']) return 'url'
  const { getContainerRuntimeClient } = await import('testcontainers')
  const docker = await getContainerRuntimeClient().catch(() => null)
  return docker === null ? 'embedded' : 'container'
}

const START: Record<Coordinates['kind'], (options: EmbeddedOptions) => Promise<Running>> = {
  async url() {
    const url = process.env['USER_ENGINE_TEST_DATABASE_URL']
    if (!url || !URL.canParse(url)) {
      throw new Error(
        'USER_ENGINE_TEST_DATABASE_URL must be the URL of an administrator: postgresql://user@host/database',
      )
    }
    return { url: new URL(url), process: null, end: async () => {} }
  },
  async container({ durable = false, settings = {} }) {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
    const image = process.env['USER_ENGINE_TEST_POSTGRES_IMAGE'] ?? 'postgres:17-alpine'
    const all = {
      max_connections: '200',
      ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
      ...settings,
    }
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const container = await new PostgreSqlContainer(image)
      .withUsername('test_admin')
      .withPassword(crypto.randomUUID())
      .withDatabase('postgres')
      .withCommand(['postgres', ...flags])
      .start()
    return {
      url: new URL(container.getConnectionUri()),
      process: null,
      end: async () => void (await container.stop()),
    }
  },
  async embedded(options) {
    const { connectionString, process, stop } = await startEmbeddedPostgres(options)
    return { url: new URL(connectionString), process, end: stop }
  },
}
