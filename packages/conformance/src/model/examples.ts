import { TEXTS } from './alphabet.ts'
import type { Emphasis } from './generate.ts'
import { KINDS } from './nouns.ts'
import type { Call, Script, Step } from './script.ts'

const PLAIN = { again: false, like: false, stray: false } as const
const DRAFT = { slot: 0, text: 1, of: 0, state: 0 } as const

/**
 * What chance would bring about too seldom to rely on it: every rule is broken once, and every call of the relay made on
 * what it is not for. They are played before anything is drawn, so that no promise is ever left without an observation.
 */
export const examples: Readonly<Record<Emphasis, readonly Script[]>> = {
  work: [
    [
      founded(),
      ...claimedAgain(),
      refused(),
      ...guardedLate(),
      undone(),
      { do: 'deny', scope: 0, about: 1, again: false },
      { do: 'deny', scope: 0, about: 2, again: true },
    ],
  ],
  relay: [
    [
      appended([0, 1, 2]),
      { do: 'claim', limit: 1, acknowledge: false },
      { do: 'acknowledge', how: 'with-another' },
      { do: 'extend', settled: false },
      { do: 'refuse', delayed: false, dead: true, settled: false },
      { do: 'acknowledge', how: 'settled' },
      { do: 'refuse', delayed: false, dead: false, settled: true },
      { do: 'extend', settled: true },
      { do: 'redrive' },
      { do: 'claim', limit: 2, acknowledge: false },
      { do: 'acknowledge', how: 'one' },
      { do: 'claim', limit: 5, acknowledge: true },
      { do: 'acknowledge', how: 'all' },
    ],
  ],
  time: [
    [
      appended([0, 1]),
      { do: 'claim', limit: 2, acknowledge: false },
      { do: 'refuse', delayed: true, dead: false, settled: false },
      { do: 'claim', limit: 2, acknowledge: false },
      { do: 'elapse' },
      { do: 'claim', limit: 2, acknowledge: false },
    ],
  ],
}

function transaction(body: readonly Call[]): Step {
  return { do: 'transaction', scope: 1, handle: 0, limit: 2, body, end: 'resolve', swallow: false }
}

function nested(...body: readonly Call[]): Call {
  return { do: 'nested', caught: true, body, end: 'resolve', swallow: false }
}

/** One of each noun, those that others name first. */
function founded(): Step {
  const first = ['user', 'group', 'tenant_account', 'application'] as const
  const others = KINDS.filter((kind) => !first.some((one) => one === kind))
  return transaction([
    ...[...first, ...others].map((kind): Call => ({ do: 'insert', kind, draft: DRAFT, ...PLAIN })),
    { do: 'audit', about: 0, again: false, stray: false },
    { do: 'event', about: 0, version: 0, ordinal: 0, again: false, stray: false },
    { do: 'answer', actor: 0, text: 0, short: true, again: false, stray: false },
  ])
}

/** Each rule of uniqueness, each id, and each place that is taken; and an account of nobody. */
function claimedAgain(): Step[] {
  const claims = Array.from({ length: 15 }, (_, place): Call => {
    const draft = { ...DRAFT, slot: Math.floor(place / 5), of: place % 5 }
    return nested({ do: 'insert', kind: 'user', draft, ...PLAIN, like: true })
  })
  const ids = KINDS.map((kind) => nested({ do: 'insert', kind, draft: DRAFT, ...PLAIN, again: true }))
  const absent = { ...DRAFT, slot: 1, of: 2 }
  return [
    transaction(claims),
    transaction([
      ...ids,
      nested({ do: 'insert', kind: 'account', draft: absent, ...PLAIN }),
      nested({ do: 'insert', kind: 'membership', draft: absent, ...PLAIN }),
      nested({ do: 'audit', about: 0, again: true, stray: false }),
      nested({ do: 'event', about: 0, version: 0, ordinal: 0, again: true, stray: false }),
      nested({ do: 'answer', actor: 0, text: 0, short: true, again: true, stray: false }),
    ]),
  ]
}

/** Versions that are not there, a place of another tenant, and text that nobody can keep; then what is caught is undone. */
function refused(): Step {
  const nul = TEXTS.indexOf('key\0')
  const stale: Call = { do: 'update', kind: 'group', pick: 0, draft: DRAFT, version: 'same', stray: false }
  return transaction([
    nested({ do: 'guard', kind: 'group', pick: 0, version: 'older', stray: false }),
    nested({ do: 'guardState', kind: 'group', pick: 0, states: 'others', stray: false }),
    nested({ do: 'update', kind: 'group', pick: 0, draft: DRAFT, version: 'skipped', stray: false }),
    nested({ do: 'insert', kind: 'group', draft: DRAFT, ...PLAIN, stray: true }),
    nested({ do: 'insert', kind: 'group', draft: { ...DRAFT, text: nul }, ...PLAIN }),
    { do: 'guard', kind: 'group', pick: 0, version: 'seen', stray: false },
    { do: 'guardState', kind: 'group', pick: 0, states: 'its', stray: false },
    { do: 'insert', kind: 'user', draft: { ...DRAFT, slot: 3 }, ...PLAIN },
    { do: 'nested', caught: false, body: [stale], end: 'resolve', swallow: true },
  ])
}

/** A guard that does not hold, after a nested one that was undone. */
function guardedLate(): Step[] {
  const wrong: readonly Call[] = [
    { do: 'guard', kind: 'group', pick: 0, version: 'older', stray: false },
    { do: 'guardState', kind: 'group', pick: 0, states: 'others', stray: false },
  ]
  return wrong.map((guard) => transaction([nested(guard), guard]))
}

/** A denial at the bottom of two transactions that are undone. */
function undone(): Step {
  const inner: Call = {
    do: 'nested',
    caught: false,
    body: [{ do: 'deny', about: 1 }],
    end: 'throw',
    swallow: false,
  }
  return transaction([nested(inner), { do: 'look', limit: 2 }])
}

function appended(about: readonly number[]): Step {
  return transaction([
    ...about.map((one): Call => ({
      do: 'event',
      about: one,
      version: 0,
      ordinal: 0,
      again: false,
      stray: false,
    })),
    { do: 'answer', actor: 0, text: 0, short: true, again: false, stray: false },
  ])
}
