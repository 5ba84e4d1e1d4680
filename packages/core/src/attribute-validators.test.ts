import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { issuesOf, named, publish, set, source } from '../test/profiles.ts'
import { counts, createWorld, refusal } from '../test/world.ts'
import type { AttributeDefinition } from './index.ts'

describe('values', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
  const types: AttributeDefinition[] = [
    { name: 'text', validation: { minLength: 2, maxLength: 65_536 } },
    { name: 'short', validation: { maxLength: 3 } },
    { name: 'flag', type: 'boolean' },
    { name: 'share', type: 'decimal', validation: { minimum: 0, maximum: 1 } },
    { name: 'count', type: 'integer' },
    { name: 'since', type: 'dateTime' },
    { name: 'photo', type: 'binary' },
    { name: 'link', type: 'reference' },
    { name: 'secret', sensitivity: 'secret-ref' },
    { name: 'tags', multiValued: true, validation: { maxItems: 2 } },
    { name: 'colour', canonicalValues: ['red'], validation: { canonicalValuesOnly: true } },
    { name: 'mail', validation: { format: 'email' } },
    { name: 'phone', validation: { format: 'phone' } },
    { name: 'home', validation: { format: 'uri' } },
    { name: 'zone', validation: { format: 'timezone' } },
    { name: 'language', validation: { format: 'language' } },
    {
      name: 'emails',
      type: 'complex',
      multiValued: true,
      subAttributes: [
        { name: 'value', required: true },
        { name: 'primary', type: 'boolean' },
        { name: 'toString' },
      ],
    },
  ]
  const good: Readonly<Record<string, unknown>> = {
    text: 'Ms. Jensen\n"III" \u{1F600}',
    // Counted as characters, of which each has two units here.
    short: '\u{1F600}\u{1F600}\u{1F600}',
    flag: false,
    share: 0.25,
    count: Number.MAX_SAFE_INTEGER,
    since: '2011-05-13T04:42:34Z',
    photo: 'AAECAw==',
    link: '../Users/26118915',
    secret: 'vault://identity/x',
    tags: ['a', 'b'],
    colour: 'red',
    mail: 'bjensen@example.com',
    phone: '+15555555555',
    home: 'urn:isbn:0451450523',
    zone: 'America/Los_Angeles',
    language: 'en-US',
    emails: [{ value: 'a', primary: true }, { value: 'b' }],
  }
  it('of each type are given back equal', async () => {
    const world = await createWorld()
    const { user: userId } = await world.provision()
    await publish(world.tenant, types)
    await set(world.tenant, userId, good)
    const { secret: _, ...shown } = good
    expect(await world.tenant.getProfile({ userId })).toEqual(named({ ...shown, secret: good['secret'] }))
  })

  const CANARY = 'canary-3f1e'
  const wrong: readonly [string, string, unknown, string][] = [
    ['a number for text', 'text', 7, 'profile:text invalid_type'],
    ['too short', 'text', 'x', 'profile:text too_short'],
    ['too long', 'short', CANARY, 'profile:short too_long'],
    ['NUL', 'text', `${CANARY}\0`, 'values.profile:text control_character'],
    ['a lone surrogate', 'text', `${CANARY}\ud800`, 'values.profile:text ill_formed_unicode'],
    ['1 MiB', 'text', CANARY.repeat(100_000), 'values.profile:text too_big'],
    ['deep JSON', 'text', deep(9), 'values.profile:text too_deep'],
    ['very deep JSON', 'text', deep(5000), 'values.profile:text too_deep'],
    ['a text for a flag', 'flag', 'true', 'profile:flag invalid_type'],
    ['above the maximum', 'share', 2, 'profile:share too_big'],
    ['below the minimum', 'share', -1, 'profile:share too_small'],
    ['NaN', 'share', Number.NaN, 'values.profile:share not_finite'],
    ['past 2^53', 'count', 2 ** 53, 'values.profile:count unsafe_number'],
    ['far past 2^53', 'share', 1e300, 'values.profile:share unsafe_number'],
    ['a fraction', 'count', 1.5, 'profile:count invalid_type'],
    ['a bigint', 'count', 1n, 'values.profile:count invalid_type'],
    ['no time', 'since', CANARY, 'profile:since invalid_format'],
    ['no base64', 'photo', `${CANARY}!`, 'profile:photo invalid_format'],
    ['a script', 'link', ' jAva\tscript:alert(1)', 'profile:link not_a_reference'],
    ['a secret itself', 'secret', CANARY, 'profile:secret not_a_reference'],
    ['no list', 'tags', CANARY, 'profile:tags invalid_type'],
    ['too many', 'tags', ['a', 'b', 'c'], 'profile:tags too_big'],
    ['a number in a list', 'tags', ['a', 1], 'profile:tags.1 invalid_type'],
    ['null in a list', 'tags', [null], 'profile:tags.0 invalid_type'],
    ['none of the values', 'colour', 'blue', 'profile:colour not_canonical'],
    ['no address', 'mail', CANARY, 'profile:mail not_a_email'],
    ['no number', 'phone', CANARY, 'profile:phone not_a_phone'],
    ['no URI', 'home', CANARY, 'profile:home not_a_uri'],
    ['no timezone', 'zone', CANARY, 'profile:zone not_a_timezone'],
    ['no language', 'language', '??', 'profile:language not_a_language'],
    [
      'two primary',
      'emails',
      [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
      'profile:emails several_primary',
    ],
    ['a part missing', 'emails', [{}], 'profile:emails.0.value invalid_type'],
    ['a part unknown', 'emails', [{ value: 'a', [CANARY]: 1 }], 'profile:emails.0 unrecognized_keys'],
    [
      'an own __proto__',
      'emails',
      [JSON.parse('{"value":"a","__proto__":{"primary":true}}')],
      'profile:emails.0 unrecognized_keys',
    ],
    ['a Map', 'emails', [new Map([['value', 'a']])], 'values.profile:emails invalid_type'],
    ['a date', 'since', new Date(), 'values.profile:since invalid_type'],
    ['a function', 'text', () => CANARY, 'values.profile:text invalid_type'],
    ['an undeclared one', 'shoeSize', 44, 'profile:shoeSize undeclared'],
    ['one of a prototype', 'constructor', 1, 'profile:constructor undeclared'],
  ]
  it.each(wrong)('%s: refused by name, without the value', async (_, name, value, issue) => {
    const world = await createWorld()
    const { user: userId } = await world.provision()
    await publish(world.tenant, types)
    const before = await counts(world)
    const error = await refusal(
      set(world.tenant, userId, { [name]: value, text: name === 'text' ? value : 'ok' }),
    )
    expect(await issuesOf(Promise.reject(error as Error))).toContain(issue)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
    expect(await counts(world)).toEqual(before)
  })

  it('under names that are none are refused without them', async () => {
    const world = await createWorld()
    const { user: userId } = await world.provision()
    const hostile: readonly (readonly [unknown, string])[] = [
      [{ [`${CANARY} with spaces`]: 1 }, 'values not_an_attribute'],
      [JSON.parse(`{"__proto__": {"${CANARY}": 1}}`), 'values not_an_attribute'],
      [{ [`${'x'.repeat(300)}:${CANARY}`]: 1 }, 'values not_an_attribute'],
      [{}, 'values too_small'],
      [new Map([[CANARY, 1]]), ' invalid_type'],
      [[CANARY], 'values invalid_type'],
      [Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 1])), 'values too_big'],
      [
        {
          a: {
            get value() {
              throw new Error(CANARY)
            },
          },
        },
        'values.a unreadable',
      ],
    ]
    for (const [values, issue] of hostile) {
      const error = await refusal(world.tenant.setProfileValues({ userId, values: values as never, source }))
      expect(await issuesOf(Promise.reject(error as Error))).toContain(issue)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
    }
  })
})
