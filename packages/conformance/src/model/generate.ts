import type { RecordKind } from '@user-engine/store'
import fc, { type Arbitrary } from 'fast-check'

import { TEXTS } from './alphabet.ts'
import { KINDS, livesIn } from './nouns.ts'
import type { Call, CrowdKind, Draft, Ending, Step } from './script.ts'
import { CROWD } from './world.ts'

/** Now and then. */
const rarely = fc.integer({ min: 0, max: 15 }).map((one) => one === 15)
const sometimes = fc.integer({ min: 0, max: 4 }).map((one) => one === 4)
const never = fc.constant(false)
const always = fc.constant(true)
const limit = fc.integer({ min: 1, max: 5 })
const few = fc.nat(2)

const draft: Arbitrary<Draft> = fc.record({
  slot: fc.oneof({ weight: 3, arbitrary: few }, { weight: 1, arbitrary: fc.nat(5) }),
  text: fc.oneof({ weight: 3, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.nat(TEXTS.length - 1) }),
  of: fc.oneof({ weight: 3, arbitrary: few }, { weight: 1, arbitrary: fc.nat(5) }),
  state: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
})

/** Records that others name come up more often, so that there is something to name. */
const NAMED: readonly RecordKind[] = ['user', 'group', 'tenant_account', 'application']
const CROWDS: readonly CrowdKind[] = [
  'group',
  'user',
  'tenant_account',
  'application',
  'tenant',
  'external_identity',
]

/** With what another one has claimed, or with what is free. */
function inserts(
  kind: Arbitrary<RecordKind>,
  like: Arbitrary<boolean>,
  again: Arbitrary<boolean> = sometimes,
): Arbitrary<Call> {
  return fc.record({ do: fc.constant('insert' as const), kind, draft, again, like, stray: rarely })
}

const about = fc.nat(9)

function audits(again: Arbitrary<boolean>): Arbitrary<Call> {
  return fc.record({ do: fc.constant('audit' as const), about, again, stray: rarely })
}

function events(again: Arbitrary<boolean>): Arbitrary<Call> {
  return fc.record({
    do: fc.constant('event' as const),
    about: few,
    version: few,
    ordinal: fc.nat(1),
    again,
    stray: rarely,
  })
}

function answers(again: Arbitrary<boolean>, short: Arbitrary<boolean> = fc.boolean()): Arbitrary<Call> {
  const text = fc.oneof(
    { weight: 3, arbitrary: fc.nat(9) },
    { weight: 1, arbitrary: fc.nat(TEXTS.length - 1) },
  )
  return fc.record({
    do: fc.constant('answer' as const),
    actor: fc.nat(1),
    text,
    short,
    again,
    stray: rarely,
  })
}

function crowds(kinds: readonly RecordKind[], min: number): Arbitrary<Call> {
  const kind = fc.constantFrom(...CROWDS.filter((one) => kinds.includes(one)))
  const count = fc.integer({ min, max: CROWD })
  return fc.record({ do: fc.constant('crowd' as const), kind, count })
}

function writes(kinds: readonly RecordKind[]): Arbitrary<Call> {
  const kind = fc.constantFrom(...kinds, ...NAMED.filter((one) => kinds.includes(one)))
  const picked = { kind, pick: few, stray: rarely }
  return fc.oneof(
    { weight: 8, arbitrary: inserts(kind, sometimes) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('update'),
        ...picked,
        draft,
        version: fc.constantFrom('next', 'next', 'next', 'next', 'next', 'next', 'same', 'skipped'),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('guard'),
        ...picked,
        version: fc.constantFrom('seen', 'seen', 'seen', 'older'),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('guardState'),
        ...picked,
        states: fc.constantFrom('its', 'its', 'all', 'all', 'others', 'none'),
      }),
    },
    { weight: 1, arbitrary: crowds(kinds, 1) },
    { weight: 3, arbitrary: audits(sometimes) },
    { weight: 3, arbitrary: events(sometimes) },
    { weight: 3, arbitrary: answers(sometimes) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('deny'), about }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('look'), limit }) },
  ) as Arbitrary<Call>
}

const end = fc.constantFrom<Ending['end'][]>('resolve', 'throw')

function ending(call: Arbitrary<Call>, depth: number): Arbitrary<Ending> {
  const nested: Arbitrary<Call>[] =
    depth === 3
      ? []
      : [
          fc
            .record({
              caught: fc.integer({ min: 0, max: 5 }).map((one) => one < 5),
              work: ending(call, depth + 1),
            })
            .map(({ caught, work }) => ({ do: 'nested', caught, ...work })),
        ]
  const body = fc.array(
    fc.oneof({ weight: 7, arbitrary: call }, ...nested.map((arbitrary) => ({ weight: 3, arbitrary }))),
    { minLength: 1, maxLength: depth === 0 ? 6 : 3, size: 'max' },
  )
  return fc.record({ body, end, swallow: fc.boolean() })
}

/** Mostly the first, so that what is done meets what was done before. */
const oneTenant = (first: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(first) },
    { weight: 2, arbitrary: fc.constantFrom(first + 1, first + 2) },
  )

const kindsOf = (...homes: readonly ('directory' | 'tenant')[]) =>
  KINDS.filter((kind) => homes.some((home) => livesIn(kind, home)))

function transaction(scope: Arbitrary<number>, work: Arbitrary<Ending>): Arbitrary<Step> {
  return fc
    .record({ scope, handle: fc.nat(1), limit, work })
    .map(({ work: ending, ...place }) => ({ do: 'transaction', ...place, ...ending }))
}

const SCOPES = [
  [fc.constant(0), kindsOf('directory')],
  [oneTenant(1), kindsOf('directory', 'tenant')],
  [oneTenant(4), kindsOf('tenant')],
] as const

const transactions: readonly Arbitrary<Step>[] = SCOPES.map(([scope, kinds]) =>
  transaction(scope, ending(writes(kinds), 0)),
)

/** Some of each noun, those that others name first. */
const founded: Arbitrary<Step> = transaction(
  oneTenant(1),
  fc
    .tuple(
      fc.constant<readonly RecordKind[]>(['user', 'user', 'group', 'tenant_account']),
      fc.shuffledSubarray([...KINDS], { minLength: 6 }),
    )
    .chain(([first, others]) =>
      fc.tuple(
        ...[...first, ...others].map((kind) =>
          fc.record({
            do: fc.constant('insert' as const),
            kind: fc.constant(kind),
            draft: fc.record({ slot: few, text: fc.nat(9), of: few, state: fc.constant(0) }),
            again: never,
            like: never,
            stray: never,
          }),
        ),
        audits(never),
        events(never),
        answers(never),
      ),
    )
    .map((body): Ending => ({ body, end: 'resolve', swallow: false })),
)

/** What is there, or claimed, is put there and claimed again: all but the last time where it is caught. */
const rivals: readonly Arbitrary<Step>[] = SCOPES.map(([scope, kinds]) => {
  const kind = fc.constantFrom(...kinds)
  const rival = fc.oneof(
    { weight: 5, arbitrary: inserts(kind, always, sometimes) },
    { weight: 1, arbitrary: inserts(kind, never, always) },
    ...[audits, events, answers].map((calls) => ({ weight: 1, arbitrary: calls(always) })),
  )
  const nested = rival.map((one): Call => ({
    do: 'nested',
    caught: true,
    body: [one],
    end: 'resolve',
    swallow: false,
  }))
  return transaction(
    scope,
    fc
      .record({ before: fc.array(nested, { maxLength: 3, size: 'max' }), last: rival, swallow: fc.boolean() })
      .map(({ before, last, swallow }): Ending => ({ body: [...before, last], end: 'resolve', swallow })),
  )
})

/** A denial at the bottom of what is undone, or two levels of it are. */
const deep: readonly Arbitrary<Step>[] = SCOPES.map(([scope, kinds]) => {
  const some = fc.array(writes(kinds), { maxLength: 2 })
  const inner = fc.tuple(some, fc.nat(9), some).map(([before, about, after]): Ending => ({
    body: [...before, { do: 'deny', about }, ...after],
    end: 'throw',
    swallow: false,
  }))
  const outer = (work: Arbitrary<Ending>) =>
    fc
      .record({ before: some, caught: fc.boolean(), work, after: some, end, swallow: fc.boolean() })
      .map(({ before, caught, work: nested, after, ...rest }): Ending => ({
        body: [...before, { do: 'nested', caught, ...nested }, ...after],
        ...rest,
      }))
  return transaction(scope, outer(outer(inner)))
})

const crowded: readonly Arbitrary<Step>[] = SCOPES.map(([scope, kinds]) =>
  transaction(
    scope,
    crowds(kinds, 12).map((one): Ending => ({ body: [one], end: 'resolve', swallow: false })),
  ),
)

/** Events, and answers that do not last. */
const appended: readonly Arbitrary<Step>[] = SCOPES.map(([scope]) => {
  const call = fc.oneof(
    { weight: 3, arbitrary: events(never) },
    { weight: 1, arbitrary: answers(never, always) },
  )
  const body = fc.array(call, { minLength: 1, maxLength: 4 })
  return transaction(
    scope,
    body.map((calls): Ending => ({ body: calls, end: 'resolve', swallow: false })),
  )
})

const deny = fc.record({
  do: fc.constant('deny'),
  scope: fc.nat(6),
  about: fc.nat(9),
  again: fc.boolean(),
}) as Arbitrary<Step>

const relay = [
  fc.record({ do: fc.constant('claim'), limit: few.map((one) => one + 1), acknowledge: fc.boolean() }),
  fc.record({ do: fc.constant('claim'), limit, acknowledge: fc.boolean() }),
  fc.record({ do: fc.constant('claim'), limit: fc.constant(100), acknowledge: fc.boolean() }),
  fc.record({
    do: fc.constant('acknowledge'),
    how: fc.constantFrom('all', 'one', 'with-another', 'with-another', 'settled'),
  }),
  fc.record({ do: fc.constant('refuse'), delayed: fc.boolean(), dead: fc.boolean(), settled: sometimes }),
  fc.record({ do: fc.constant('extend'), settled: sometimes }),
  fc.record({ do: fc.constant('redrive') }),
] as readonly Arbitrary<Step>[]

const elapse = fc.constant<Step>({ do: 'elapse' })

/** What a script is made of: mostly units of work, mostly of the relay, or of the relay and time. */
export type Emphasis = 'work' | 'relay' | 'time'

export function steps(emphasis: Emphasis): Arbitrary<Step>[] {
  const times = (count: number, items: readonly Arbitrary<Step>[]) =>
    Array.from({ length: count }, () => items).flat()
  switch (emphasis) {
    case 'work':
      return [...transactions, founded, founded, ...rivals, ...deep, ...crowded, deny, ...relay.slice(0, 2)]
    case 'relay':
      return [...transactions, ...times(2, appended), deny, ...times(2, relay)]
    case 'time':
      return [...transactions, ...times(2, appended), ...relay, ...times(4, [elapse])]
  }
}
