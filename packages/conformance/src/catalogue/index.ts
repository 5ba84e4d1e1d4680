import { ACCEPTANCE } from './acceptance.ts'
import { APPLICATION } from './application.ts'
import { AUDIT } from './audit.ts'
import { BACKUP } from './backup.ts'
import { CAPABILITY } from './capability.ts'
import { CATALOG } from './catalog.ts'
import { DENIAL } from './denial.ts'
import { DIAGNOSTICS } from './diagnostics.ts'
import { DURABILITY } from './durability.ts'
import { ENGINE } from './engine.ts'
import { ERROR } from './error.ts'
import { GROUP } from './group.ts'
import { HANDOFF } from './handoff.ts'
import { HISTORY } from './history.ts'
import { IDEMPOTENCY } from './idempotency.ts'
import { IDENTITY } from './identity.ts'
import { LIFECYCLE } from './lifecycle.ts'
import { OBSERVABILITY } from './observability.ts'
import { OUTBOX } from './outbox.ts'
import { OWNERSHIP } from './ownership.ts'
import { PAGING } from './paging.ts'
import { PRIVILEGE } from './privilege.ts'
import { READINESS } from './readiness.ts'
import { RECORD } from './record.ts'
import { REPLICA } from './replica.ts'
import type { Area, Requirement } from './requirement.ts'
import { SCHEMA } from './schema.ts'
import { SEQUENCE } from './sequence.ts'
import { TENANT } from './tenant.ts'
import { TRANSACTION } from './transaction.ts'
import { VERSION } from './version.ts'

const AREAS = [
  TRANSACTION,
  VERSION,
  TENANT,
  IDENTITY,
  GROUP,
  APPLICATION,
  CATALOG,
  RECORD,
  PAGING,
  AUDIT,
  DENIAL,
  OUTBOX,
  IDEMPOTENCY,
  ERROR,
  READINESS,
  SCHEMA,
  DIAGNOSTICS,
  REPLICA,
  LIFECYCLE,
  CAPABILITY,
  SEQUENCE,
  HISTORY,
  ENGINE,
  HANDOFF,
  OWNERSHIP,
  PRIVILEGE,
  DURABILITY,
  OBSERVABILITY,
  BACKUP,
  ACCEPTANCE,
] as const

type IdOf<One> = One extends Area<infer Id> ? Id : never

/** The id of a requirement of this catalogue. */
export type RequirementId = IdOf<(typeof AREAS)[number]>

/** Every area, in the order in which the documents have them. */
export const areas: readonly Area<RequirementId>[] =
  AREAS as readonly unknown[] as readonly Area<RequirementId>[]

/** Every requirement by its id, in the order of the areas. */
export const catalogue: ReadonlyMap<RequirementId, Requirement> = new Map(
  areas.flatMap(({ requirements }) => Object.entries(requirements) as [RequirementId, Requirement][]),
)

/** The version of the catalogue: what a claim of conformance names. */
export const CATALOGUE_VERSION = '1.0'

export function isRequirementId(value: unknown): value is RequirementId {
  return (catalogue as ReadonlyMap<unknown, Requirement>).has(value)
}
