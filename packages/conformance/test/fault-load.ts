import { setTimeout as pause } from 'node:timers/promises'

import { createUserEngine, isUserEngineError, type Session } from '@user-engine/core'
import { isStoreError, type UserEngineStore } from '@user-engine/store'

const WORKERS = 8

/** Commands that are sent without a pause, each under an idempotency key that all its rows can be found by. */
export interface FaultLoad {
  /** Every key, and whether its command was acknowledged. */
  readonly keys: ReadonlyMap<string, { readonly composed: boolean; acknowledged: boolean }>
  /** How often the store answered each code; `untyped` is any error of the engine or the store that has none. */
  readonly errors: ReadonlyMap<string, number>
  acknowledged(): number
  end(): Promise<void>
}

/**
 * Half of the commands are one batch, half a composition whose commit is a statement of its own. A command in doubt is sent
 * again under its key until it is answered; one in four is given up instead, as by a caller that died.
 */
export function startFaultLoad(store: UserEngineStore): FaultLoad {
  const errors = new Map<string, number>()
  const count = (code: string) => void errors.set(code, (errors.get(code) ?? 0) + 1)
  const counted: UserEngineStore = {
    ...store,
    transaction: (scope, act) =>
      store.transaction(scope, act).catch((error: unknown) => {
        if (isStoreError(error)) count(error.code)
        throw error
      }),
  }
  const engine = createUserEngine({
    store: counted,
    authorize: () => ({ allow: true }),
    requestHashKeys: ['k'.repeat(32)],
  })
  const keys = new Map<string, { readonly composed: boolean; acknowledged: boolean }>()
  let acknowledged = 0
  let over = false

  async function work(): Promise<void> {
    while (!over) {
      const key = crypto.randomUUID()
      const command = { composed: keys.size % 2 === 1, acknowledged: false }
      const mayGiveUp = keys.size % 4 === 0
      keys.set(key, command)
      const session = engine.as({
        actor: { kind: 'service', id: 'load' },
        tenantId: null,
        correlationId: key,
      })
      while (!command.acknowledged) {
        try {
          await send(session, key, command.composed)
          command.acknowledged = true
          acknowledged += 1
        } catch (error) {
          if (!isUserEngineError(error)) count('untyped')
          if (over || mayGiveUp) break
          await pause(5)
        }
      }
    }
  }
  const workers = Promise.all(Array.from({ length: WORKERS }, work))
  return {
    keys,
    errors,
    acknowledged: () => acknowledged,
    async end() {
      over = true
      await workers
    },
  }
}

export async function send(session: Session, key: string, composed: boolean): Promise<void> {
  const provision = {
    identity: { issuer: 'https://login.example', subject: key },
    idempotencyKey: key,
  }
  if (!composed) {
    await session.provisionUser(provision)
    return
  }
  await session.transaction(async (unit) => {
    const { user } = await unit.provisionUser(provision)
    await unit.disableAccount({ userId: user.id, idempotencyKey: `${key}:disable` })
  })
}
