import { isUuid } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { createClock, createIds } from './ids.ts'

describe('ids', () => {
  it('are UUIDv7 of the time, and rise while the clock stands still or steps back', () => {
    const newId = createIds()
    const times = [1_790_000_000_000, 1_790_000_000_000, 1_789_999_000_000, 1_790_000_000_001]
    const ids = times.flatMap((time) => Array.from({ length: 5000 }, () => newId(new Date(time))))
    expect(ids.every(isUuid)).toBe(true)
    expect(ids.every((id) => id[14] === '7')).toBe(true)
    expect(ids).toEqual([...new Set(ids)].sort())
    const time = (id: string | undefined) => Number.parseInt((id ?? '').replaceAll('-', '').slice(0, 12), 16)
    expect(time(ids[0])).toBe(1_790_000_000_000)
    expect(time(ids.at(-1))).toBe(1_790_000_000_001)
  })

  it('carry the time in their first 48 bits, whatever it is', () => {
    expect(createIds()(new Date(0))).toMatch(/^00000000-0000-7[0-9a-f]{3}-[89ab]/)
    expect(createIds()(new Date(2 ** 42))).toMatch(/^04000000-0000-7[0-9a-f]{3}-[89ab]/)
  })
})

describe('the clock', () => {
  it.each([[() => new Date(Number.NaN)], [() => new Date(-1)], [() => 5 as unknown as Date]])(
    'refuses what is not a time',
    (clock) => {
      expect(createClock(clock)).toThrow(TypeError)
    },
  )

  it('gives a Date of its own each time', () => {
    const shared = new Date(5)
    const clock = createClock(() => shared)
    clock().setTime(9)
    expect(shared.getTime()).toBe(5)
  })
})
