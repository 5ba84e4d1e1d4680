import { z } from 'zod'

import { UserEngineError } from './errors.ts'
import { parseInput } from './input.ts'
import type { UserEngineService } from './user-engine-service.ts'

export interface EngineRouterOptions {
  /** Makes the engine of a database. The name is the host's own: it never comes out in an error. */
  readonly open: (database: string) => UserEngineService | Promise<UserEngineService>
  /** Engines that are open at once. Default 100. */
  readonly maxOpen?: number | undefined
}

/**
 * Database-per-tenant: each database has a complete engine, directory included, and no work spans two of them. One that fails
 * or is slow is nobody else's matter.
 */
export interface EngineRouter {
  /**
   * Runs `work` on the engine of a database, which is opened when it is first asked for. Beyond `maxOpen` the one that was
   * used longest ago is closed when nobody works on it; where all are in use one more is open for as long as it takes.
   * Rejects with what `open` rejects with, and asks again the next time; UNAVAILABLE once the router is closed.
   */
  on<Result>(database: string, work: (engine: UserEngineService) => Promise<Result>): Promise<Result>
  /** Closes all engines, after the work that is under way. */
  close(): Promise<void>
}

interface Entry {
  readonly opening: Promise<UserEngineService>
  users: number
}

const isFunction = (value: unknown) => typeof value === 'function'
const optionsSchema = z.strictObject({
  open: z.custom<EngineRouterOptions['open']>(isFunction, { params: { rule: 'not_a_function' } }),
  maxOpen: z.int().min(1).max(100_000).default(100),
})

export function createEngineRouter(options: EngineRouterOptions): EngineRouter {
  const { open, maxOpen } = parseInput<z.output<typeof optionsSchema>>(optionsSchema, options)
  /** In order of last use. */
  const entries = new Map<string, Entry>()
  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null

  function enter(database: string): Entry {
    const entry = entries.get(database) ?? { opening: Promise.resolve().then(() => open(database)), users: 0 }
    entries.delete(database)
    entries.set(database, entry)
    entry.users += 1
    return entry
  }

  function leave(entry: Entry): void {
    entry.users -= 1
    for (const [name, each] of entries) {
      if (entries.size <= maxOpen) return
      if (each.users === 0) end(name, each)
    }
  }

  function end(database: string, entry: Entry): void {
    entries.delete(database)
    void track(entry.opening.then((engine) => engine.close()).catch(() => {}))
  }

  function track<Result>(work: Promise<Result>): Promise<Result> {
    const settled: Promise<unknown> = work.then(
      () => underWay.delete(settled),
      () => underWay.delete(settled),
    )
    underWay.add(settled)
    return work
  }

  async function run<Result>(database: string, work: (engine: UserEngineService) => Promise<Result>) {
    const entry = enter(database)
    try {
      const engine = await entry.opening.catch((error: unknown) => {
        if (entries.get(database) === entry) entries.delete(database)
        throw error
      })
      return await work(engine)
    } finally {
      leave(entry)
    }
  }

  return Object.freeze<EngineRouter>({
    async on(database, work) {
      if (closing !== null) throw new UserEngineError('UNAVAILABLE', { reason: 'closed' })
      return track(run(database, work))
    },
    close() {
      closing ??= (async () => {
        while (underWay.size > 0) await Promise.all(underWay)
        for (const [name, entry] of entries) end(name, entry)
        while (underWay.size > 0) await Promise.all(underWay)
      })()
      return closing
    },
  })
}
