import { randomBytes } from 'node:crypto'

export type Clock = () => Date

/** Makes UUIDv7 (RFC 9562 section 5.7) from the engine's clock, rising within a millisecond and when the clock steps back. */
export function createIds(clock: Clock): () => string {
  let lastMs = -1
  let counter = 0
  return () => {
    const nowMs = clock().getTime()
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = randomBytes(4).readUInt32BE() >>> 1
    } else {
      counter += 1 + (randomBytes(1)[0] ?? 0)
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
