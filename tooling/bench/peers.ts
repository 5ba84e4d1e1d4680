import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What a peer's module gives: how to make its schema in an empty database, and its operations over one. */
export interface UserPeer {
  create(connectionString: string): Promise<void>
  open(config: { readonly connectionString: string; readonly max: number }): Promise<{
    provision(): Promise<unknown>
    signIn(subject: string): Promise<unknown>
    close(): Promise<void>
  }>
}

export interface QueuePeer {
  /** Makes the schema in an empty database and puts `count` messages into it. */
  fill(connectionString: string, count: number): Promise<void>
  prepare(
    connectionString: string,
    expected: number,
  ): Promise<{
    /** Delivers until nothing is left; answers how many were delivered. */
    drain(batchSize: number, relays: number): Promise<number>
    close(): Promise<void>
  }>
}

const FOLDER = fileURLToPath(new URL('./peers', import.meta.url))

/** Peers have a folder and a lock of their own, so that nobody who only uses the workspace downloads them. */
export function installPeers(): void {
  if (existsSync(`${FOLDER}/node_modules/.modules.yaml`)) return
  const flags = [
    'install',
    '--ignore-workspace',
    '--frozen-lockfile',
    '--silent',
    '--config.verify-deps-before-run=false',
  ]
  const { status } = spawnSync('pnpm', flags, { cwd: FOLDER, stdio: 'inherit' })
  if (status !== 0) throw new Error('the peers could not be installed')
}

export async function loadPeer<Peer>(name: string): Promise<Peer> {
  return (await import(`./peers/${name}.mjs`)) as Peer
}

/** By name, as they were installed. */
export function peerVersions(): Readonly<Record<string, string>> {
  const { dependencies } = JSON.parse(readFileSync(`${FOLDER}/package.json`, 'utf8')) as {
    dependencies: Record<string, string>
  }
  return dependencies
}
