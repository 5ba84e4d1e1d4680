import type { Need } from '../need.ts'
import type { Handoff, Lease, Purpose } from './handoff.ts'
import type { ConnectOptions, Connection, Provider, Restored } from './provider.ts'

/** What a case has of a provider. What it connects the kit ends. */
export interface ProviderContext extends Pick<
  Provider,
  'handoff' | 'processes' | 'now' | 'lend' | 'greetPlainly'
> {
  connect(purpose: Purpose, options?: ConnectOptions): Promise<Connection>
  /** Resolves when the schema of the release is there. Needs `provider.migrate`. */
  migrated(): Promise<void>
  /** Needs `provider.revoke`. */
  revoke(lease: Lease): Promise<void>
  /** Connections with what comes back. Needs `provider.restore`. */
  restore(): Promise<{ readonly handoff: Handoff; connect(purpose: Purpose): Promise<Connection> }>
}

export interface ManagedProvider {
  readonly context: ProviderContext
  /** Ends what was connected, and is rid of what was restored. */
  end(): Promise<void>
}

export interface ProviderUse {
  /** The power, where the case names its need. */
  use<Power>(need: Need, power: Power | undefined): Power
  track<Result>(name: string, call: () => Promise<Result>): Promise<Result>
}

const migrations = new WeakMap<Provider, Promise<unknown>>()

export function openProvider(provider: Provider, { use, track }: ProviderUse): ManagedProvider {
  const open: Connection[] = []
  const restored: Restored[] = []

  const connect = (purpose: Purpose, options?: ConnectOptions, handoff?: Handoff) =>
    track('connect', async () => {
      const connection = await provider.connect(purpose, options, handoff)
      open.push(connection)
      return connection
    })

  return {
    context: {
      handoff: provider.handoff,
      processes: provider.processes,
      now: () => provider.now(),
      greetPlainly: (endpoint) => track('greetPlainly', () => provider.greetPlainly(endpoint)),
      lend: (purpose) => track('lend', () => provider.lend(purpose)),
      connect,
      migrated: () =>
        track('migrate', async () => {
          const migrate = use('provider.migrate', provider.migrate)
          const done = migrations.get(provider) ?? migrate.call(provider)
          migrations.set(provider, done)
          await done
        }),
      revoke: (lease) =>
        track('revoke', async () => {
          await use('provider.revoke', provider.revoke).call(provider, lease)
        }),
      restore: () =>
        track('restore', async () => {
          const copy = await use('provider.restore', provider.restore).call(provider)
          restored.push(copy)
          return { handoff: copy.handoff, connect: (purpose) => connect(purpose, {}, copy.handoff) }
        }),
    },
    async end() {
      await Promise.all(open.map((connection) => connection.end()))
      for (const { dispose } of restored) await dispose?.()
    },
  }
}
