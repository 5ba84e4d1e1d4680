import { randomBytes } from 'node:crypto'

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
  let lastMs = -1
  let counter = 0
  return (at) => {
    const nowMs = at.getTime()
    counter += 1 + (randomBytes(1)[0] ?? 0)
    if (nowMs > lastMs || counter >= 2 ** 32) {
      // A clock that stands still for too many ids is run ahead of.
      lastMs = Math.max(nowMs, lastMs + 1)
      counter = randomBytes(4).readUInt32BE() >>> 1
    }
    // 32 counter bits follow the time, 12 in rand_a and 20 at the head of rand_b; the last 42 are random.
    const time = lastMs.toString(16).padStart(12, '0')
    const high = Math.floor(counter / 2 ** 20) & 0xfff
    const low = counter % 2 ** 20
    const randB = (BigInt(low) << 42n) | (randomBytes(8).readBigUInt64BE() & ((1n << 42n) - 1n))
    const tail = ((0b10n << 62n) | randB).toString(16).padStart(16, '0')
    return [
      time.slice(0, 8),
      time.slice(8),
      `7${high.toString(16).padStart(3, '0')}`,
      tail.slice(0, 4),
      tail.slice(4),
    ].join('-')
  }
}
