import { describeStore } from '@user-engine/conformance/vitest'
import { describe, it } from 'vitest'

import { target } from './target.ts'

describeStore({ describe, it }, target, { profiles: ['store-core', 'store-concurrent'] })
