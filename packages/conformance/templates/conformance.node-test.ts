import { after, describe, it } from 'node:test'

import { describeStore } from '@user-engine/conformance/node-test'

import config from './conformance.config.ts'

// One test for each case, and a last one that fails unless each was run, or skipped for a reason.
describeStore({ describe, it }, config.target, { profiles: config.profiles, out: 'conformance-results' })
after(() => config.target.dispose?.())
