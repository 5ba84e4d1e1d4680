import { describe, it } from 'node:test'

import { describeStore } from '@user-engine/conformance/node-test'

import { target } from './target.ts'

describeStore({ describe, it }, target, { profiles: ['store-core', 'store-concurrent'] })
