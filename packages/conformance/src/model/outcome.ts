import type { Constraint, DenialRecord, IdempotencyRecord, RecordKind, Scope } from '@user-engine/store'

import type { Surroundings } from './questions.ts'
import type { ModelRequirement } from './requirements.ts'
import type { Delivery, KeptRecord } from './state.ts'
import type { World } from './world.ts'

/** Why the store has to refuse a call. Of several any may be named. */
export type Refusal =
  | { readonly code: 'CONFLICT'; readonly constraint: Constraint }
  | { readonly code: 'VERSION_CONFLICT'; readonly kind: RecordKind; readonly id: string }
  | { readonly code: 'TENANT_BOUNDARY' }
  | { readonly code: 'TypeError' }

export type Outcome =
  | { readonly kind: 'kept' | 'thrown' }
  | {
      readonly kind: 'refused'
      readonly by: readonly Refusal[]
      readonly requirement: ModelRequirement
      readonly what: string
    }

/** What a plan is made in. */
export interface Setting {
  readonly world: World
  readonly scope: Scope
  readonly around: Surroundings
  readonly deliveries: ReadonlyMap<string, Delivery>
  readonly time: number
  /** Grows: a denial stays whatever becomes of the transaction. */
  readonly denials: DenialRecord[]
  /** Of this transaction. Grows; null where it makes none. */
  readonly ownDenials: Set<string> | null
  /** Grows: every record that it wrote, or tried to. */
  readonly touched: KeptRecord[]
  /** Grows: every idempotency record that it kept, or tried to. */
  readonly answered: IdempotencyRecord[]
}
