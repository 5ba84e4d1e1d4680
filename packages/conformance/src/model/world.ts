import {
  DIRECTORY,
  directoryScope,
  parseTenantId,
  tenantScope,
  type RecordKind,
  type Scope,
  type ScopeId,
  type TenantId,
} from '@user-engine/store'

import type { Records } from '../records.ts'
import type { Random } from '../random.ts'

/** How many ids a noun has: some for single records, the rest for crowds. */
export const SLOTS = 6
export const CROWD = 14

/** The place that one script runs in: tenants of its own, in a directory that it shares with the scripts before. */
export interface World {
  /** Every id of this world is greater. */
  readonly start: string
  /** Ids that differ in one digit. */
  readonly tenants: readonly [TenantId, TenantId, TenantId]
  /** Before texts that are unique in the directory. */
  readonly prefix: string
  /** The id of a slot: in every tenant the same, in the directory another. */
  idOf(kind: RecordKind, scopeId: ScopeId, slot: number): string
  fresh(): string
  now(): Date
}

export function createWorld(make: Records, random: Random, name: number): World {
  const start = make.uuid()
  const first = make.uuid()
  const digit = (place: number) => {
    const other = first.at(place) === '0' ? '1' : '0'
    return parseTenantId(first.slice(0, place) + other + first.slice(first.length + place + 1))
  }
  const tenants = [parseTenantId(first), lastDigit(first), digit(-12)] as const
  const ids = new Map<string, readonly string[]>()
  return {
    start,
    tenants,
    prefix: `r${name.toString(36).padStart(3, '0')}:`,
    idOf(kind, scopeId, slot) {
      if (kind === 'tenant' && slot < tenants.length) return tenants[slot] ?? first
      const home = scopeId === DIRECTORY ? 'directory' : 'tenant'
      const name = `${kind} ${home}`
      // In another order than that of their making, so that no list is in order by luck.
      const made = ids.get(name) ?? random.shuffle(Array.from({ length: SLOTS + CROWD }, () => make.uuid()))
      ids.set(name, made)
      return made[slot % made.length] ?? first
    },
    fresh: () => make.uuid(),
    now: () => make.now(),
  }
}

function lastDigit(id: string): TenantId {
  return parseTenantId(id.slice(0, -1) + (id.endsWith('0') ? '1' : '0'))
}

/** 0 the directory, 1 to 3 with a tenant beside it, 4 to 6 a tenant. */
export function scopeOf({ tenants }: World, choice: number): Scope {
  if (choice === 0) return directoryScope()
  const tenant = tenants[(choice - 1) % 3] ?? tenants[0]
  return choice <= 3 ? directoryScope(tenant) : tenantScope(tenant)
}

/** Where a scope may write, the directory first. */
export function homesOf({ kind, tenantId }: Scope): readonly ScopeId[] {
  return [...(kind === 'directory' ? [DIRECTORY] : []), ...(tenantId === null ? [] : [tenantId])]
}
