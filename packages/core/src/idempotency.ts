import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

import type { IdempotencyKey, IdempotencyRecord } from '@user-engine/store'

import { scopeIdOf, type AnyCommand, type CommandInput } from './command.ts'
import type { ParsedContext } from './context.ts'
import { UserEngineError } from './errors.ts'

/** The same request always gives the same text, whatever the order of its keys. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value instanceof Map) return canonicalJson(Object.fromEntries(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members: string[] = []
  for (const name of Object.keys(value).toSorted()) {
    const member = (value as Record<string, unknown>)[name]
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${canonicalJson(member)}`)
  }
  return `{${members.join(',')}}`
}

export interface RequestHashing {
  /** HMAC-SHA-256 with the first key. */
  hash(request: string): string
  /** True where any of the keys gives the hash, so that keys can be rotated. */
  matches(request: string, hash: string): boolean
}

export function createRequestHashing(keys: readonly [string, ...string[]]): RequestHashing {
  const [current, ...previous] = keys.map((key) => createSecretKey(Buffer.from(key)))
  const hmac = (key: typeof current, request: string) => createHmac('sha256', key ?? '').update(request)
  return {
    hash: (request) => hmac(current, request).digest('base64url'),
    matches(request, hash) {
      const given = Buffer.from(hash, 'base64url')
      return [current, ...previous].some((key) => {
        const expected = hmac(key, request).digest()
        return expected.length === given.length && timingSafeEqual(expected, given)
      })
    },
  }
}

/** The request of a command, without what does not change what it asks for. */
export function requestOf(command: AnyCommand, given: CommandInput, { tenantId }: ParsedContext): string {
  const { idempotencyKey: _, ...input } = given
  return canonicalJson({ action: command.action, tenantId, input })
}

export function keyOf(command: AnyCommand, context: ParsedContext, key: string): IdempotencyKey {
  const { actor, tenantId } = context
  return { scopeId: scopeIdOf(command.home, tenantId), actor: `${actor.kind}:${actor.id}`, key }
}

/** What the same request was answered before. IDEMPOTENCY_MISMATCH where it was another request. */
export function replay(record: IdempotencyRecord, request: string, hashing: RequestHashing): unknown {
  if (!hashing.matches(request, record.requestHash)) throw new UserEngineError('IDEMPOTENCY_MISMATCH', {})
  return record.result
}
