import type { CursorPage } from '@user-engine/core'

/** All items of a list, read page by page. */
export async function allOf<Item>(
  list: (page: { readonly cursor: string | null; readonly limit: number }) => Promise<CursorPage<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let cursor: string | null = null
  do {
    const page: CursorPage<Item> = await list({ cursor, limit: 500 })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}
