import type { ReadinessCheck } from '@user-engine/store'

import { createPostgresStore } from './create-postgres-store.ts'
import type { Handoff } from './handoff.ts'
import { remedyOf } from './remedies.ts'

/** A check with what it means, and what to do about it where it does not pass. */
export interface Diagnosis extends ReadinessCheck {
  readonly meaning: string
  readonly remedy: string | null
}

/** Looks at a database as an application would, through the serving logins alone. Changes nothing. */
export async function diagnose(handoff: Handoff): Promise<readonly Diagnosis[]> {
  const store = createPostgresStore(handoff)
  try {
    const { checks } = await store.readiness()
    return checks.map((check) => {
      const { meaning, remedy } = remedyOf(check.code)
      return { ...check, meaning, remedy: check.status === 'pass' ? null : remedy }
    })
  } finally {
    await store.close()
  }
}
