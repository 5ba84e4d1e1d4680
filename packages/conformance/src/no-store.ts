import type { UserEngineStore } from '@user-engine/store'

import { KitError } from './kit-error.ts'
import type { Target } from './target.ts'

const nothing = (): UserEngineStore =>
  new Proxy({} as UserEngineStore, {
    get() {
      throw new KitError('The target has no store.')
    },
  })

/** What a target without a store opens. The plan leaves out whatever would ask for more. */
export const withoutStore: Pick<Target, 'open' | 'second' | 'destroy'> = {
  open: async ({ id }) => ({ universe: id, store: nothing() }),
  second: async () => nothing(),
  destroy: async () => {},
}

export function hasStore({ open }: Pick<Target, 'open'>): boolean {
  return open !== withoutStore.open
}
