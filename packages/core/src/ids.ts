import { randomFillSync } from 'node:crypto'

export type Clock = () => Date

/** The host's clock, each time as a Date of its own. A TypeError where it does not tell the time. */
export function createClock(clock: Clock): Clock {
  return () => {
    const now: unknown = clock()
    const ms = now instanceof Date ? now.getTime() : Number.NaN
    if (!(ms >= 0 && ms < 2 ** 48)) throw new TypeError('The clock must answer a valid Date from 1970 on.')
    return new Date(ms)
  }
}

/** Makes a UUIDv7 (RFC 9562 section 5.7) of a time. */
export type NewId = (at: Date) => string

/** Each id is greater than all before it, within a millisecond and when the clock steps back, too. */
export function createIds(): NewId {
  const random = createRandom()
  let lastMs = -1
  let counter = 0
  let time = ''
  return (at) => {
    const nowMs = at.getTime()
    counter += 1 + (random() & 0xff)
    if (nowMs > lastMs || counter >= 2 ** 32) {
      // A clock that stands still for too many ids is run ahead of.
      lastMs = Math.max(nowMs, lastMs + 1)
      counter = random() >>> 1
      const digits = hex(lastMs, 12)
      time = `${digits.slice(0, 8)}-${digits.slice(8)}`
    }
    // 32 counter bits follow the time, 12 in rand_a and 20 at the head of rand_b; the last 42 are random.
    const low = counter % 2 ** 20
    const variant = 0x8000 + (low >>> 6)
    const tail =
      hex(((low & 0x3f) << 10) | (random() & 0x3ff), 4) + hex(random() >>> 16, 4) + hex(random() >>> 16, 4)
    return `${time}-7${hex(Math.floor(counter / 2 ** 20), 3)}-${hex(variant, 4)}-${tail}`
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

/** Numbers of 32 random bits. They are fetched in bulk: one call to the system for some hundred ids. */
function createRandom(): () => number {
  const numbers = new Uint32Array(1024)
  let used = numbers.length
  return () => {
    if (used === numbers.length) {
      randomFillSync(numbers)
      used = 0
    }
    const number = numbers[used] ?? 0
    used += 1
    return number
  }
}
