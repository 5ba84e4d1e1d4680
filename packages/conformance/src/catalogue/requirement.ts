import type { Need } from '../need.ts'

export type Level = 'MUST' | 'SHOULD' | 'MAY'

/** A set of requirements that is claimed as one: what a report is about. */
export type Profile =
  | 'store-core'
  | 'store-concurrent'
  | 'store-durable'
  | 'store-relational'
  | 'engine'
  | 'provider-postgres'

/**
 * How a requirement is shown. All but the last are cases of this kit:
 *
 * - `example`: a script and what it must answer.
 * - `race`: two or more at a barrier, so that the collision happens each time and not by luck.
 * - `fault`: something is broken on purpose, then asked.
 * - `canary`: marked values are put in, and looked for in everything that comes out.
 * - `evidence`: no program can show it; the provider hands over the artefact that the requirement names.
 */
export type Proof = 'example' | 'race' | 'fault' | 'canary' | 'evidence'

/** The chapters of the consumer requirements, in the order of that document. */
export type Topic =
  | 'connection handoff'
  | 'tenant context'
  | 'schema ownership'
  | 'migrations'
  | 'transactions'
  | 'isolation'
  | 'constraints'
  | 'query behaviour'
  | 'audit and outbox durability'
  | 'security'
  | 'observability'
  | 'backup and restore'
  | 'acceptance tests'

/** The chapters of the persistence semantics, in the order of that document. */
export type Entity =
  | 'tenants'
  | 'users'
  | 'accounts'
  | 'tenant accounts'
  | 'external identities'
  | 'groups'
  | 'memberships'
  | 'applications'
  | 'application bindings'
  | 'attribute catalogs'
  | 'profile values'
  | 'audit records'
  | 'outbox events'
  | 'readiness'
  | 'schema version'
  | 'denials'
  | 'idempotency records'
  | 'diagnostics'
  | 'all records'

/** One promise, as data. Ids are never reused and never renumbered; a retired one stays, with its status. */
export interface Requirement {
  /** A few words, as a heading has them. */
  readonly title: string
  readonly level: Level
  /** The sentence that counts. It says MUST, SHOULD or MAY as `level` does. */
  readonly statement: string
  /** What goes wrong where it does not hold. */
  readonly rationale: string
  /** The first version of the catalogue that has it. */
  readonly since: string
  /** A provisional one is run and reported, and does not decide the verdict. */
  readonly status: 'provisional' | 'stable' | 'retired'
  readonly profile: Profile
  /** Capabilities and powers without which it can not be shown. */
  readonly needs: readonly Need[]
  readonly proof: Proof
  /** What a provider hands over for what no case can show; null where there is nothing of that kind. */
  readonly artefact: string | null
  readonly topic: Topic
  readonly entities: readonly Entity[]
}

/** The requirements of one area, with what a reader should know before the first of them. */
export interface Area<Id extends string> {
  readonly name: string
  readonly introduction: string
  readonly requirements: Readonly<Record<Id, Requirement>>
}

/** What the requirements of an area have in common unless they say otherwise. */
type Common = Pick<Requirement, 'profile' | 'topic' | 'entities'>
type Own = Pick<Requirement, 'title' | 'statement' | 'rationale'> & Partial<Requirement>

/** Makes an area. Where a requirement says nothing else it is a stable MUST of 1.0 that an example shows. */
export function area<Id extends string>(
  name: string,
  introduction: string,
  common: Common,
  requirements: Readonly<Record<Id, Own>>,
): Area<Id> {
  const entries = Object.entries<Own>(requirements).map(([id, own]): [string, Requirement] => [
    id,
    {
      level: 'MUST',
      since: '1.0',
      status: 'stable',
      needs: [],
      proof: 'example',
      artefact: null,
      ...common,
      ...own,
    },
  ])
  return { name, introduction, requirements: Object.fromEntries(entries) as Record<Id, Requirement> }
}
