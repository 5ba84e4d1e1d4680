import type { RecordKind, VersionedRecord } from '@user-engine/store'

import type { Statement } from './batch.ts'
import { db } from './database.ts'
import type { Form, Parameter } from './expectations.ts'
import { forEachKind, TABLES, VERSION_MISMATCH } from './locks.ts'
import { rowOf } from './rows.ts'
import { template, type Template } from './template.ts'

/** What an update may name: the scope, the id and the time of creation never change. */
const COLUMNS: Readonly<Record<RecordKind, readonly string[]>> = {
  tenant: ['external_ref', 'state', 'version', 'updated_at'],
  user: ['kind', 'state', 'version', 'updated_at'],
  account: ['user_id', 'state', 'version', 'updated_at'],
  external_identity: ['user_id', 'issuer', 'subject', 'state', 'version', 'updated_at'],
  tenant_account: ['user_id', 'external_id', 'origin', 'state', 'version', 'updated_at'],
  group: ['key', 'display_name', 'state', 'version', 'updated_at'],
  membership: ['group_id', 'tenant_account_id', 'roles', 'state', 'version', 'updated_at'],
  application: ['client_key', 'state', 'version', 'updated_at'],
  application_binding: ['application_id', 'catalog_id', 'state', 'version', 'updated_at'],
  attribute_catalog: [
    'layer',
    'owner_id',
    'key',
    'catalog_version',
    'definitions',
    'state',
    'version',
    'updated_at',
  ],
  profile_value: [
    'user_id',
    'layer',
    'owner_id',
    'attribute',
    'value',
    'source',
    'catalog_id',
    'unique_key',
    'state',
    'version',
    'updated_at',
  ],
}

function replace(kind: RecordKind, parameter: Parameter) {
  const values = Object.fromEntries(COLUMNS[kind].map((column) => [column, parameter(column)] as const))
  return db
    .updateTable(TABLES[kind])
    .set(values as never)
    .where('scope_id', '=', parameter<string>('scope_id'))
    .where('id', '=', parameter<string>('id'))
}

const UPDATES = forEachKind((kind): Template<string> => template((parameter) => replace(kind, parameter)))

const LOCKING = forEachKind((kind): Form => ({
  name: `${kind} replace`,
  values: [...COLUMNS[kind], 'scope_id', 'id', 'base'],
  code: VERSION_MISMATCH,
  row: (parameter) =>
    replace(kind, parameter).where('version', '=', parameter<number>('base')).returning('id'),
}))

/** Replaces a record whose lock is held and whose version was compared. */
export function updateStatement(kind: RecordKind, record: VersionedRecord): Statement {
  return UPDATES[kind](rowOf(kind, record))
}

/** Locks a record, compares its version and replaces it, all at once. */
export function lockingUpdate(kind: RecordKind, record: VersionedRecord, base: number) {
  const form = LOCKING[kind]
  const row: Readonly<Record<string, unknown>> = { ...rowOf(kind, record), base }
  return { form, values: form.values.map((name) => row[name]) }
}
