import type { Page, PageRequest } from '@user-engine/store'

const MOST = 500

/** The items after a key, in order of id. */
export function pageOf<Item, Key extends string>(
  items: readonly Item[],
  { after, limit }: PageRequest<Key>,
  idOf: (item: Item) => Key,
): Page<Item, Key> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
    throw new TypeError(`A page has 1 to ${MOST} items.`)
  }
  const left = items
    .filter((item) => after === null || idOf(item) > after)
    .toSorted((one, other) => (idOf(one) < idOf(other) ? -1 : 1))
  const page = left.slice(0, limit)
  const end = page.at(-1)
  return { items: page, next: left.length > limit && end !== undefined ? idOf(end) : null }
}
