import { describe, expect, it } from 'vitest'

import { isolate } from './isolate.ts'

describe('what a caller gave', () => {
  it('is copied, dates and JSON included', () => {
    const at = new Date('2026-01-01T00:00:00.000Z')
    const given = { at, list: [{ deep: null }], text: '\u{1F9D1}', bare: Object.create(null) as object }
    const copy = isolate(given)
    expect(copy).toEqual({ at, list: [{ deep: null }], text: '\u{1F9D1}', bare: {} })
    expect(copy.at).not.toBe(at)
    expect(copy.list[0]).not.toBe(given.list[0])
  })

  it('keeps a member that is named like the prototype', () => {
    const given = JSON.parse('{"__proto__":{"polluted":true}}') as object
    expect(JSON.stringify(isolate(given))).toBe('{"__proto__":{"polluted":true}}')
    expect(Object.getPrototypeOf(isolate(given))).toBe(Object.prototype)
  })

  it('may name one object twice', () => {
    const shared = { state: 'active' }
    expect(isolate({ one: shared, other: [shared] })).toEqual({ one: shared, other: [shared] })
  })

  const circle: Record<string, unknown> = { secret: 'a secret' }
  circle['itself'] = circle
  it.each([
    ['a NUL character', 'a secret\0'],
    ['half of a surrogate pair', 'a secret\uD800'],
    ['a NUL in a name', { 'a secret\0': 1 }],
    ['no number', Number.NaN],
    ['no finite number', Infinity],
    ['no date', new Date(Number.NaN)],
    ['nothing', undefined],
    ['a function', () => 'a secret'],
    ['a big integer', 1n],
    ['a symbol', Symbol('a secret')],
    ['a map', new Map([['a secret', 1]])],
    ['a circle', circle],
    [
      'what throws when it is read',
      {
        get secret(): string {
          throw new Error('a secret')
        },
      },
    ],
  ])('is refused where it holds %s, which is not repeated', (_name, value) => {
    const give = () => isolate({ member: [value] })
    expect(give).toThrow(TypeError)
    expect(give).not.toThrow(/secret/)
  })
})
