/** Numbers that follow from a seed alone. */
export interface Random {
  /** An integer from 0 up to, but not including, `below`. */
  below(below: number): number
  /** Lower-case hexadecimal digits. */
  hex(digits: number): string
  shuffle<Item>(items: readonly Item[]): Item[]
}

/** xorshift32, seeded through FNV-1a: plenty for order and for ids that must only differ. */
export function createRandom(seed: string): Random {
  let state = 0x811c9dc5
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  state ||= 0x9e3779b9
  const word = () => {
    state ^= state << 13
    state ^= state >>> 17
    state = (state ^ (state << 5)) >>> 0
    return state
  }
  for (let warmUp = 0; warmUp < 8; warmUp += 1) word()
  const below = (limit: number) => Math.floor((word() / 0x1_0000_0000) * limit)
  return {
    below,
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
    shuffle(items) {
      const shuffled = [...items]
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = below(last + 1)
        const item = shuffled[last] as (typeof shuffled)[number]
        shuffled[last] = shuffled[other] as (typeof shuffled)[number]
        shuffled[other] = item
      }
      return shuffled
    },
  }
}
