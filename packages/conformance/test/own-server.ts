import { startTestPostgres, type ServerProcess, type TestPostgres } from '@user-engine/test-postgres'

import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts'

/** A server that is nobody else's: it can be killed, and its disk filled where this process may mount one. */
export interface OwnServer extends TestPostgres {
  readonly own: Pick<ServerProcess, 'kill9' | 'restart'> & { readonly disk: SmallDisk | null }
}

export async function startOwnServer(): Promise<OwnServer> {
  const server = await startTestPostgres({ kind: 'embedded' })
  if (server.process === null) throw new Error('An embedded server has a process.')
  const disk = canMount() ? await mountSmallDisk(server.connectionString) : null
  return {
    ...server,
    own: { ...server.process, disk },
    async stop() {
      await server.stop()
      await disk?.unmount()
    },
  }
}
