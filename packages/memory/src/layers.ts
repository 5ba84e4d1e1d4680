import { tables, type Rows, type TableName } from './tables.ts'

/** Rows and unique values: all that is committed, or what one frame of a transaction has written on top of it. */
export interface Layer {
  readonly rows: { readonly [Name in TableName]: Map<string, Rows[Name]> }
  /** Who has a unique value: the key of its row, or null where it was freed. */
  readonly claims: Map<string, string | null>
}

/** What a frame sees: its own layer first, then those below it. */
export interface View {
  find<Name extends TableName>(table: Name, key: string): Rows[Name] | null
  list<Name extends TableName>(table: Name): Rows[Name][]
  claimedBy(claim: string): string | null
}

export function createLayer(): Layer {
  return {
    rows: {
      tenants: new Map(),
      users: new Map(),
      accounts: new Map(),
      externalIdentities: new Map(),
      tenantAccounts: new Map(),
      groups: new Map(),
      memberships: new Map(),
      applications: new Map(),
      applicationBindings: new Map(),
      attributeCatalogs: new Map(),
      profileValues: new Map(),
      auditRecords: new Map(),
      outboxEvents: new Map(),
      idempotencyRecords: new Map(),
    },
    claims: new Map(),
  }
}

/** `layers` from the top down. */
export function createView(layers: readonly Layer[]): View {
  return {
    find(table, key) {
      for (const layer of layers) {
        const row = layer.rows[table].get(key)
        if (row !== undefined) return row
      }
      return null
    },
    list<Name extends TableName>(table: Name) {
      const seen = new Map<string, Rows[Name]>()
      for (const layer of layers.toReversed()) {
        for (const [key, row] of layer.rows[table]) seen.set(key, row)
      }
      return [...seen.values()]
    },
    claimedBy(claim) {
      for (const layer of layers) {
        const key = layer.claims.get(claim)
        if (key !== undefined) return key
      }
      return null
    },
  }
}

/** Puts what `upper` has written into `lower`, at once. */
export function absorb(lower: Layer, upper: Layer): void {
  const move = <Name extends TableName>(table: Name) => {
    for (const [key, row] of upper.rows[table]) lower.rows[table].set(key, row)
  }
  for (const { name } of Object.values(tables)) move(name)
  for (const [claim, key] of upper.claims) lower.claims.set(claim, key)
}
