import { describe, it } from 'vitest'

import { describeStore } from '../src/vitest.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'

for (const writes of ['eager', 'deferred'] as const) {
  describeStore({ describe, it }, createMemoryTarget({ writes }), {
    profiles: ['store-core', 'store-concurrent'],
  })
}
