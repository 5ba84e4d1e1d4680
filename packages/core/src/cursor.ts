import type { Page } from '@user-engine/store'

import { UserEngineError } from './errors.ts'

/** A page of a list. Give `nextCursor` as `cursor` to read on; null when the list is at its end. */
export interface CursorPage<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

/** The place that a cursor stands for. INVALID_CURSOR where it is not of this list of this owner: a scope, or a record. */
export function decodeCursor<Key extends string>(
  list: string,
  of: string,
  cursor: string | null | undefined,
  parse: (value: unknown) => Key,
): Key | null {
  if (cursor === null || cursor === undefined) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (!Array.isArray(value) || value.length !== 3 || value[0] !== list || value[1] !== of) throw new Error()
    return parse(value[2])
  } catch {
    throw new UserEngineError('INVALID_CURSOR', {})
  }
}

export function encodePage<Item>(list: string, of: string, page: Page<Item>): CursorPage<Item> {
  const { items, next } = page
  if (next === null) return { items, nextCursor: null }
  return { items, nextCursor: Buffer.from(JSON.stringify([list, of, next])).toString('base64url') }
}
