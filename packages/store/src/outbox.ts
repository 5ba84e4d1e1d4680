import type { CommandId, EventId, LeaseToken } from './ids.ts'
import type { JsonObject, Page, PageRequest, RecordKind } from './records.ts'
import type { ScopeId } from './scope.ts'

/** A fact about one version of one record, told to the outside once its change has committed. */
export interface OutboxEvent {
  /** The home scope of the record. */
  readonly scopeId: ScopeId
  /**
   * UUIDv7, stable over every delivery: consumers deduplicate by it (UE-OUTBOX-010). Unique in its scope: `event_id`; a
   * relay, which sees all scopes, may take it that no two of them have the same one.
   */
  readonly id: EventId
  /** e.g. `user.suspended`. */
  readonly type: string
  /** Ids are UUIDs: a store may take it that no two kinds of a scope have the same one. */
  readonly aggregate: { readonly kind: RecordKind; readonly id: string }
  /** The version of the record that the event tells of; with `ordinal` it orders the record's stream. */
  readonly aggregateVersion: number
  /** 0 for the first event of a version. (aggregate, version, ordinal) is unique: `event_ordinal` (UE-OUTBOX-019). */
  readonly ordinal: number
  readonly occurredAt: Date
  readonly commandId: CommandId
  readonly correlationId: string | null
  /** Ids, names, states; values only of class public or internal. */
  readonly data: JsonObject
}

/** The outbox inside a transaction. */
export interface Outbox {
  /** Commits or rolls back with the change that it tells of (UE-OUTBOX-001, nested: UE-OUTBOX-002). */
  append(event: OutboxEvent): Promise<void>
  /**
   * What the scope has not had delivered yet, dead letters included, in order of id, without claiming (UE-OUTBOX-003).
   */
  pending(page: PageRequest<EventId>): Promise<Page<PendingEvent, EventId>>
}

export interface PendingEvent {
  readonly event: OutboxEvent
  /** How often it has been claimed. */
  readonly attempts: number
  readonly state: 'pending' | 'leased' | 'dead'
}

export interface ClaimRequest {
  /** At most this many events, 1 to 1,000 (UE-OUTBOX-020, as every limit here). */
  readonly limit: number
  /** How long the claim holds, by the store's clock: 100 ms to one hour. */
  readonly leaseMs: number
  /**
   * Settles an earlier claim in the same round trip, and as one with it: LEASE_LOST then claims nothing
   * (UE-OUTBOX-013).
   */
  readonly ack: LeasedEvents | null
}

/** Events of a claim, and the token that proves it. A store finds them by their ids: it needs no index of tokens. */
export interface LeasedEvents {
  readonly token: LeaseToken
  /** An id that is given twice counts once. */
  readonly eventIds: readonly EventId[]
}

export interface ClaimedEvent {
  readonly event: OutboxEvent
  /** This claim included: 1 at the first delivery. */
  readonly attempts: number
}

export interface Claim {
  readonly token: LeaseToken
  /** Of each aggregate at most one event, the first that is not delivered. */
  readonly events: readonly ClaimedEvent[]
  /**
   * When the history began that these events tell of (UE-OUTBOX-022). After a restore versions that were told already come
   * again, for other facts: a consumer takes a version of a later epoch for newer than any of an earlier one.
   */
  readonly epoch: Date
}

export interface Refusal {
  readonly token: LeaseToken
  readonly eventId: EventId
  /** When it may be claimed again, from now, by the store's clock (UE-OUTBOX-014). */
  readonly delayMs: number
  /** True: it becomes a dead letter, which blocks its aggregate's stream until it is redriven (UE-OUTBOX-009). */
  readonly dead: boolean
}

export interface OutboxState {
  readonly pending: number
  readonly leased: number
  readonly dead: number
  /** How long the store has had the oldest event that is not delivered, by its own clock; null where there is none. */
  readonly oldestAgeMs: number | null
}

/**
 * The relay's side, across all scopes (UE-OUTBOX-018), of the outbox alone.
 *
 * No event is lost (UE-OUTBOX-004); it is delivered at least once under one stable id; of all who claim it, one at a
 * time holds it and one acknowledgement takes effect (UE-OUTBOX-005, 006); the events of an aggregate come in the order
 * of its versions, and no aggregate holds up another (UE-OUTBOX-007, 017). An expired lease gives its events back
 * (UE-OUTBOX-012). A delivered event leaves the outbox. All of it outlives a crash (UE-OUTBOX-021).
 */
export interface OutboxRelay {
  /** Leases the next events to the caller. Concurrent claims never share an event. */
  claim(request: ClaimRequest): Promise<Claim>
  /**
   * Prolongs the lease of those of the events that are not settled, and of no others. LEASE_LOST, and nothing happens, when
   * the lease of one has expired, or none of them is left (UE-OUTBOX-008).
   */
  extend(events: LeasedEvents, leaseMs: number): Promise<void>
  /**
   * All or none: LEASE_LOST, and nothing happens, when one of the events is not held under the token (UE-OUTBOX-011). None
   * is allowed, and settles nothing.
   */
  ack(events: LeasedEvents): Promise<void>
  /** Gives an event back, for later or as a dead letter. LEASE_LOST as for `ack`. */
  nack(refusal: Refusal): Promise<void>
  /**
   * Makes dead letters deliverable again, their attempts counted anew. Ids that are not dead are left as they are
   * (UE-OUTBOX-015).
   */
  redrive(eventIds: readonly EventId[]): Promise<number>
  /**
   * After a restore, before anything is claimed: begins an epoch that is later than all before, also than those that the
   * restore has undone, as long as the store's clock is right. Answers it (UE-OUTBOX-022).
   */
  startEpoch(): Promise<Date>
  /** Of all scopes; what has an expired lease is pending (UE-OUTBOX-016). */
  state(): Promise<OutboxState>
}
