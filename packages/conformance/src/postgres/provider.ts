import type { Target, TargetIdentity } from '../target.ts'
import { KitError } from '../kit-error.ts'
import { withoutStore } from '../no-store.ts'
import type { Handoff, Lease, Purpose } from '../provider/handoff.ts'
import { ProviderError, type Provider, type ProviderPowers } from '../provider/provider.ts'
import { openConnection } from './connection.ts'
import { greetPlainly } from './greet-plainly.ts'

export interface ProviderOptions extends ProviderPowers {
  /** Whose Postgres it is; stands in every report. */
  readonly identity: TargetIdentity
  /** As an application is handed it, with `migrator` beside: without it nothing is said of migrations. */
  readonly handoff: Handoff
  /** How many processes of the application will connect; 1 where absent. */
  readonly processes?: number
  /** The clock of this machine, in milliseconds; `Date.now` where absent. */
  readonly now?: () => number
  /**
   * Runs statements as somebody who may do everything in the database and with its roles. Only `selftest` and published faulty
   * providers ask for it, to spoil the database and to mend it again: give it where nobody else uses that.
   */
  administer?(sql: string): Promise<unknown>
  /** Takes down what stands behind it. Called once, when nothing is run any more. */
  dispose?(): Promise<void>
}

export interface ProviderTarget extends Target {
  readonly options: ProviderOptions
  /** The same, but for this. */
  with(different: Partial<ProviderOptions>): ProviderTarget
}

/** As long as this a lease that was asked for is used again. */
const USED_AGAIN_MS = 5_000

/**
 * A target for who provides Postgres and has no store: it is judged by what it hands over. Needs `pg` beside it, and no
 * adapter. The kit looks, and changes nothing: whatever a case writes it rolls back.
 *
 * ```ts
 * const target = defineProvider({
 *   identity: { name: 'platform-postgres', version: '2026.11' },
 *   handoff,
 *   migrate: async () => migrate(await migratorOptions(handoff)),
 * })
 * export default { target, profiles: ['provider-postgres'] }
 * ```
 */
export function defineProvider(options: ProviderOptions): ProviderTarget {
  const { identity, handoff, processes = 1, now = Date.now, dispose } = options
  if (typeof handoff !== 'object' || handoff === null || typeof handoff.endpoint !== 'object')
    throw new KitError(
      'defineProvider takes a handoff: { endpoint, database, tls, runtime, denials, relay }.',
    )
  const leases = new Map<string, Lease>()

  async function lend(purpose: Purpose, from: Handoff = handoff): Promise<Lease | null> {
    const login = from[purpose]
    if (login === undefined || !('lease' in login)) return null
    const lease = await quietly('lease', () => login.lease())
    if (from === handoff) leases.set(purpose, lease)
    return lease
  }

  async function credentialsOf(purpose: Purpose, from: Handoff): Promise<Pick<Lease, 'user' | 'password'>> {
    const login = from[purpose]
    if (login === undefined) throw new KitError(`The handoff has no login for ${purpose}.`)
    if (!('lease' in login)) {
      const { user, password } = login
      return {
        user,
        password:
          typeof password === 'function' ? await quietly('password', async () => password()) : password,
      }
    }
    const last = from === handoff ? leases.get(purpose) : undefined
    const lasts = last?.expiresAt === null || (last?.expiresAt.getTime() ?? 0) - now() > USED_AGAIN_MS
    const lease = last !== undefined && lasts ? last : await lend(purpose, from)
    if (lease === null) throw new KitError(`The handoff gives no lease for ${purpose}.`)
    return lease
  }

  const { migrate, revoke, restore } = options
  const provider: Provider = {
    ...(migrate && { migrate: () => quietly('migrate', () => migrate()) }),
    ...(restore && {
      async restore() {
        const { dispose: remove, ...restored } = await quietly('restore', () => restore())
        return { ...restored, ...(remove && { dispose: () => quietly('dispose', () => remove()) }) }
      },
    }),
    ...(revoke && {
      async revoke(lease: Lease) {
        leases.clear()
        await quietly('revoke', () => revoke(lease))
      },
    }),
    handoff,
    processes,
    now,
    lend: (purpose) => lend(purpose),
    async connect(purpose, { lease } = {}, from = handoff) {
      const credentials = lease ?? (await credentialsOf(purpose, from))
      const endpoint = purpose === 'migrator' ? (from.direct ?? from.endpoint) : from.endpoint
      return openConnection(from, endpoint, credentials)
    },
    async greetPlainly(endpoint) {
      const { user } = await credentialsOf('runtime', handoff)
      return greetPlainly(endpoint, { user, database: handoff.database })
    },
  }
  return {
    identity,
    ...withoutStore,
    provider,
    ...(dispose && { dispose: () => dispose() }),
    options,
    with: (different) => defineProvider({ ...options, ...different }),
  }
}

/** What a provider's own functions throw may name their paths and tokens: it stays here, but for a code. */
async function quietly<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw new ProviderError(/^[A-Z0-9_]{1,40}$/.test(code) ? `${name} failed: ${code}` : `${name} failed`)
  }
}
