import { KitError } from '../../kit-error.ts'
import type { ProviderOptions, ProviderTarget } from '../../postgres/provider.ts'
import { roleOf, type Handoff, type Purpose } from '../../provider/handoff.ts'
import type { Target } from '../../target.ts'
import type { FaultyStore } from '../faulty-store.ts'

/** A Postgres that is handed over with one thing wrong: by what somebody did to it, or by what the handoff says of it. */
export interface FaultyProvider extends Omit<FaultyStore, 'corrupt'> {
  /** What an administrator does to the database that is handed over. Mended, it is as roles.sql and the migrations make it. */
  readonly sql?: (handed: Handed) => { readonly spoil: string; readonly mend: string }
  /** What is handed over otherwise. */
  readonly different?: (good: ProviderOptions) => Partial<ProviderOptions>
  /** The server that has it. Nobody can make it of a running one: hand over a database of such a server. */
  readonly server?: string
}

/** What was handed over, by the names that SQL takes. */
export interface Handed {
  readonly database: string
  role(purpose: Purpose | 'owner'): string
}

export interface SpoiltProvider {
  readonly target: Target
  /** As it was. */
  mend(): Promise<void>
}

/** The target, where it is one of `defineProvider`. */
export function asProviderTarget(target: Pick<Target, 'identity'>): ProviderTarget | null {
  return 'with' in target ? (target as ProviderTarget) : null
}

/** Why this target can't be spoilt that way; null where it can. */
export function obstacleOf({ options }: ProviderTarget, { sql, server }: FaultyProvider): string | null {
  if (server !== undefined) return `needs another server: ${server}`
  return sql !== undefined && options.administer === undefined ? 'needs administer' : null
}

export async function spoilProvider(target: ProviderTarget, faulty: FaultyProvider): Promise<SpoiltProvider> {
  const { options } = target
  const { administer } = options
  const obstacle = obstacleOf(target, faulty)
  if (obstacle !== null) throw new KitError(`The faulty provider ${faulty.name} ${obstacle}.`)
  const { spoil, mend } = faulty.sql?.(handedOver(options.handoff)) ?? {}
  if (spoil !== undefined) {
    await options.migrate?.()
    await administer?.(spoil)
  }
  return {
    target: target.with({
      ...faulty.different?.(options),
      identity: { ...options.identity, version: `${options.identity.version} (${faulty.name})` },
    }),
    async mend() {
      if (mend !== undefined) await administer?.(mend)
    },
  }
}

/** The same provider, spoilt at once, and mended when nothing is run any more: for a pipeline that is to go red. */
export async function createFaultyProviderTarget(
  target: ProviderTarget,
  faulty: FaultyProvider,
): Promise<Target> {
  const { target: spoilt, mend } = await spoilProvider(target, faulty)
  return {
    ...spoilt,
    async dispose() {
      await mend()
      await target.dispose?.()
    },
  }
}

function handedOver(handoff: Handoff): Handed {
  return {
    database: quoted(handoff.database),
    role: (purpose) => quoted(roleOf(handoff, purpose)),
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
