import { isUuid } from '@user-engine/store'
import { z } from 'zod'

import { UserEngineError, type InputIssue } from './errors.ts'

/** Text that is kept exactly as given: well-formed Unicode without control characters, measured in bytes of UTF-8. */
export function text(maxBytes: number) {
  return z
    .string()
    .min(1)
    .refine((value) => value.isWellFormed(), { params: { rule: 'ill_formed_unicode' } })
    .refine((value) => !/\p{Cc}/u.test(value), { params: { rule: 'control_character' } })
    .refine((value) => Buffer.byteLength(value) <= maxBytes, { params: { rule: 'too_big' } })
}

/** An id as a canonical UUID, branded by the parser of its noun. */
export function id<Id extends string>(parse: (value: unknown) => Id) {
  return z
    .string()
    .refine(isUuid, { params: { rule: 'not_a_uuid' } })
    .transform((value, context): Id => {
      try {
        return parse(value)
      } catch {
        context.addIssue({ code: 'custom', params: { rule: 'reserved_id' } })
        return z.NEVER
      }
    })
}

/** What every command that changes a record may be given. */
export const versionFields = {
  /** The version of the record that the caller decided on; a mismatch is VERSION_CONFLICT. */
  expectedVersion: z.int().positive().optional(),
}

/** What every command may be given. */
export const commandFields = {
  /** Same key, same request: same answer, done once. Kept for `idempotencyTtlMs`. */
  idempotencyKey: text(200).optional(),
}

/** What every list may be given. */
export const pageFields = {
  cursor: z.string().max(1000).nullish(),
  limit: z.int().min(1).max(500).default(100),
}

/** Parses what a caller gave. INVALID_INPUT names fields of ours and rules, never a key or a value that was made up. */
export function parseInput<Output>(schema: z.ZodType<Output>, given: unknown): Output {
  return parsedBy(() => schema.safeParse(given))
}

function parsedBy<Output>(read: () => z.ZodSafeParseResult<Output>): Output {
  const parsed = readable(read)
  if (parsed.success) return parsed.data
  throw new UserEngineError('INVALID_INPUT', { issues: issuesOf(parsed) })
}

/** Each issue by its path, under `root` where there is one, and its rule. */
export function issuesOf(parsed: z.ZodSafeParseResult<unknown>, root?: string): readonly InputIssue[] {
  if (parsed.success) return []
  return parsed.error.issues.map((issue) => ({
    path: [...(root === undefined ? [] : [root]), ...issue.path.map(String)].join('.'),
    rule: issue.code === 'custom' ? String(issue.params?.['rule'] ?? 'custom') : issue.code,
  }))
}

/**
 * The one form in which names are compared: compatibility forms folded (NFKC), lower case whatever the locale, no white
 * space around it. Normalised once more, because lowering may leave a form that folds.
 */
export function comparable(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().normalize('NFKC')
}

function readable<Result>(read: () => Result): Result {
  try {
    return read()
  } catch {
    // A getter of the input threw. What it said stays out: it may say anything.
    throw new UserEngineError('INVALID_INPUT', { issues: [{ path: '', rule: 'unreadable' }] })
  }
}

/** Parses the fields of an operation or a context: plain objects only, so that nothing of a Map or a class is ignored. */
export function parseFields<Output>(schema: z.ZodType<Output>, given: unknown): Output {
  return parsedBy(() => schema.safeParse(isPlain(given, 2) ? given : null))
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  // Objects of another realm are as plain as ours.
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null
  return plain && (depth === 1 || Object.values(value).every((each) => isPlain(each, depth - 1)))
}
