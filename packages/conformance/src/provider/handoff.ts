/** Credentials that end. */
export interface Lease {
  readonly user: string
  readonly password: string
  /** Null: they do not end by themselves. */
  readonly expiresAt: Date | null
}

export type Login = { readonly max?: number | undefined } & (
  | { readonly user: string; readonly password: string | (() => string | Promise<string>) }
  | { readonly lease: () => Promise<Lease> }
)

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * What a provider hands over: that of `@user-engine/postgres/handoff` is one. The kit knows no adapter, so it says here
 * what it looks at.
 */
export interface Handoff {
  readonly endpoint: Endpoint
  /** Past the pooler; `endpoint` where absent. */
  readonly direct?: Endpoint | undefined
  readonly database: string
  readonly tls:
    | 'plain'
    | {
        readonly ca?: string | undefined
        readonly serverName?: string | undefined
        readonly certificate?: string | undefined
        readonly key?: string | undefined
      }
  readonly pooler?:
    | { readonly mode: 'session' | 'transaction'; readonly preparedStatements: boolean }
    | null
    | undefined
  /** What the names of the roles begin with; `user_engine` where absent. */
  readonly rolePrefix?: string | undefined
  readonly runtime: Login
  readonly denials: Login
  readonly relay: Login
  readonly migrator?: Login | undefined
  readonly diagnose?: Login | undefined
}

/** The logins that every handoff has. */
export const SERVING = ['runtime', 'denials', 'relay'] as const
export type ServingPurpose = (typeof SERVING)[number]
export type Purpose = ServingPurpose | 'migrator' | 'diagnose'

export const PURPOSES = [...SERVING, 'migrator', 'diagnose'] as const

/** The purposes that this handoff has a login for. */
export function handedOver(handoff: Handoff): readonly Purpose[] {
  return PURPOSES.filter((purpose) => handoff[purpose] !== undefined)
}

/** The logins that serve; `diagnose` where there is one. */
export function serving(handoff: Handoff): readonly Exclude<Purpose, 'migrator'>[] {
  return handoff.diagnose === undefined ? SERVING : [...SERVING, 'diagnose']
}

/** The role that a login is, or is a member of. */
export function roleOf({ rolePrefix = 'user_engine' }: Handoff, purpose: Purpose | 'owner'): string {
  return `${rolePrefix}_${purpose}`
}
