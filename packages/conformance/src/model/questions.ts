import {
  DIRECTORY,
  type ApplicationId,
  type AuditRecordId,
  type DenialId,
  type IdempotencyKey,
  type Page,
  type PageRequest,
  type RecordCounts,
  type RecordKind,
  type ScopeId,
  type StoreTransaction,
  type UserId,
} from '@user-engine/store'

import { differences } from '../show.ts'
import { answerTo, counts, facts, pending, timeline } from './answers.ts'
import { NOUNS } from './nouns.ts'
import type { ModelRequirement } from './requirements.ts'
import { idsSeen, seen, type View } from './state.ts'

/** What a comparison is about: which promise a leftover of a rollback breaks follows from it. */
export type Aspect = 'records' | 'audit' | 'events' | 'answers'

/** A read of the port, and what the model says that it must answer. */
export interface Question {
  readonly requirement: ModelRequirement
  /** What the answer shows besides. */
  readonly also?: readonly ModelRequirement[]
  /** Which promise an answer breaks; `requirement` where absent. */
  blame?(found: unknown): ModelRequirement
  readonly aspect: Aspect
  readonly what: string
  ask(tx: StoreTransaction): Promise<unknown>
  readonly answer: unknown
  /** Of a list that is read in small pages. */
  readonly length?: number
}

/** What else there is than this script: what scripts before it left in the directory, and what happens meanwhile. */
export interface Surroundings {
  /** Ids that are not greater are of scripts before. */
  readonly start: string
  readonly directory: RecordCounts
  readonly tenant: RecordCounts
  /**
   * Denials of which it is open whether an open transaction sees them, later ones too: where it is run again, they are there.
   * Null where there are none.
   */
  readonly open: ReadonlySet<string> | null
}

/** How pages are read: the list of one noun in small pages, and all others in one. */
export interface Paging {
  readonly limit: number
  readonly small: RecordKind | null
}

/** More than there is of anything. */
export const WHOLE = 500

/** Every read that answers for a scope as a whole. */
export function wholeQuestions(
  view: View,
  around: Surroundings,
  { limit, small }: Paging,
): readonly Question[] {
  const { scope } = view
  const home = idsSeen(view).at(-1) ?? DIRECTORY
  const lists: Partial<Record<RecordKind, List>> = {
    tenant: listOf(view, around, 'tenant', 'tenants', (tx, page) => tx.tenants.list(page)),
    user: listOf(view, around, 'user', 'users', (tx, page) => tx.users.list(page)),
    tenant_account: listOf(view, around, 'tenant_account', 'tenant accounts', (tx, page) =>
      tx.tenantAccounts.list(page),
    ),
    group: listOf(view, around, 'group', 'groups', (tx, page) => tx.groups.list(page)),
    application: listOf(view, around, 'application', 'applications', (tx, page) =>
      tx.applications.list(page),
    ),
    application_binding: listOf(view, around, 'application_binding', 'bindings', (tx, page) =>
      tx.applicationBindings.list(page),
    ),
  }
  const isListed = small !== null && lists[small] !== undefined
  return [
    ...Object.entries(lists).map(([kind, list]) => list(kind === small ? limit : WHOLE)),
    timelineOf(view, around, home, null)(isListed ? WHOLE : limit),
    ...(scope.kind === 'tenant' ? [timelineOf(view, around, DIRECTORY, null)(WHOLE)] : []),
    ...outboxQuestions(view, around, isListed ? WHOLE : limit),
  ]
}

/** What a call of the relay can change. */
export function outboxQuestions(view: View, around: Surroundings, limit: number): readonly Question[] {
  return [pendingOf(view, around)(limit), countsOf(view, around)]
}

type List = (limit: number) => Question

/** Each page as it must be, to the end. */
export function pages<Item>(
  requirement: ModelRequirement,
  aspect: Aspect,
  what: string,
  items: readonly Item[],
  start: string,
  read: (tx: StoreTransaction, page: PageRequest<never>) => Promise<Page<Item>>,
  keyOf: (item: Item) => string,
): List {
  return (limit) => ({
    requirement,
    aspect,
    what,
    ...(limit < WHOLE && {
      requirement: 'UE-PAGING-001',
      also: ['UE-PAGING-002'],
      what: `${what}, ${limit} on a page`,
      length: items.length,
      blame: (found: unknown) => {
        const all = (found as readonly Page<Item>[]).flatMap((page) => page.items)
        return differences(all, items).length === 0 ? 'UE-PAGING-002' : 'UE-PAGING-001'
      },
    }),
    async ask(tx) {
      const found: Page<Item>[] = []
      let after: string | null = start
      // One page more than there can be: a list that does not end is no list.
      for (let page = 0; after !== null && page <= items.length + 1; page += 1) {
        const one: Page<Item> = await read(tx, { after: after as never, limit })
        found.push(one)
        after = one.next
      }
      return found
    },
    answer: chunks(items, limit).map((chunk, place, all) => {
      const last = chunk.at(-1)
      return { items: chunk, next: place + 1 < all.length && last !== undefined ? keyOf(last) : null }
    }),
  })
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const count = Math.max(1, Math.ceil(items.length / size))
  return Array.from({ length: count }, (_, place) => items.slice(place * size, (place + 1) * size))
}

function listOf(
  view: View,
  { start }: Surroundings,
  kind: RecordKind,
  what: string,
  read: (tx: StoreTransaction, page: PageRequest<never>) => Promise<Page<{ readonly id: string }>>,
): List {
  return pages('UE-RECORD-001', 'records', `the list of ${what}`, seen(view, kind), start, read, idOf)
}

const idOf = ({ id }: { readonly id: string }) => id

export function timelineOf(
  view: View,
  { start, open }: Surroundings,
  scopeId: ScopeId,
  targetId: string | null,
): List {
  const certain = ({ record }: { readonly record: { readonly id: string } }) => open?.has(record.id) !== true
  const items = timeline(view, scopeId, targetId)
  const what = `the timeline${targetId === null ? '' : ' of a target'}`
  const read = (tx: StoreTransaction, page: PageRequest<AuditRecordId | DenialId>) =>
    tx.audit.timeline({ ...page, scopeId, targetId })
  if (open === null) {
    return pages('UE-AUDIT-004', 'audit', what, items, start, read, ({ record }) => record.id)
  }
  return () => ({
    requirement: 'UE-AUDIT-004',
    aspect: 'audit',
    what,
    ask: async (tx) => (await read(tx, { after: start as never, limit: WHOLE })).items.filter(certain),
    answer: items.filter(certain),
  })
}

function pendingOf(view: View, { start }: Surroundings): List {
  const read = (tx: StoreTransaction, page: PageRequest<never>) => tx.outbox.pending(page)
  return pages(
    'UE-OUTBOX-003',
    'events',
    'pending events',
    pending(view),
    start,
    read,
    ({ event }) => event.id,
  )
}

function countsOf(view: View, { directory, tenant, open }: Surroundings): Question {
  const before = view.scope.kind === 'directory' ? directory : tenant
  const own = (found: RecordCounts) =>
    Object.fromEntries(
      Object.entries(found)
        .filter(([name]) => name !== 'denials' || open === null)
        .map(([name, count]: [string, number]) => [name, count - before[name as keyof RecordCounts]]),
    )
  const { denials, ...certain } = counts(view)
  return {
    requirement: 'UE-DIAGNOSTICS-003',
    aspect: 'records',
    what: 'record counts',
    ask: async (tx) => own(await tx.recordCounts()),
    answer: open === null ? { ...certain, denials } : certain,
  }
}

export function findOf(view: View, kind: RecordKind, id: string): Question {
  return {
    requirement: 'UE-RECORD-001',
    aspect: 'records',
    what: `find of ${kind} ${id}`,
    ask: (tx) => NOUNS[kind].repository(tx).find(id),
    answer: seen(view, kind).find((record) => record.id === id) ?? null,
  }
}

export function answerOf(view: View, { scopeId, actor, key }: IdempotencyKey): Question {
  const answer = answerTo(view, { scopeId, actor, key })
  const over = view.kept.answers.some(({ expiresAt }) => expiresAt <= view.time)
  return {
    requirement: over && answer === null ? 'UE-IDEMPOTENCY-003' : 'UE-IDEMPOTENCY-001',
    aspect: 'answers',
    what: 'the record of an idempotency key',
    ask: (tx) => tx.idempotency.find({ scopeId, actor, key }),
    answer,
  }
}

/** Without the catalogs of scripts before. */
export function factsOf(
  view: View,
  { start }: Surroundings,
  userId: UserId,
  applicationId: ApplicationId | null,
  known: boolean,
): Question {
  const knownCatalogIds = known ? seen(view, 'attribute_catalog').map(({ id }) => id as never) : []
  return {
    requirement: 'UE-PROFILE-003',
    aspect: 'records',
    what: `the facts of a profile${applicationId === null ? '' : ' in an application'}`,
    async ask(tx) {
      const found = await tx.profileValues.facts({ userId, applicationId, knownCatalogIds })
      return { ...found, catalogs: found.catalogs.filter(({ id }) => id > start) }
    },
    answer: facts(view, userId, applicationId, knownCatalogIds),
  }
}
