import type { Instance, Universe } from '@user-engine/conformance'
import { directoryScope, isStoreError } from '@user-engine/store'

import config from './conformance.config.ts'

/** Prints what the previous release says of the next schema, and how a transaction there ends. */
const { target } = config
const universe: Universe = { id: `judge_${process.pid}`, signal: new AbortController().signal }
const opened = await target.open(universe)
const { store }: Instance = opened
const { status, checks } = await store.readiness()
const { state } = await store.schemaVersion()
const outcome = await store
  .transaction(directoryScope(), (tx) => tx.recordCounts())
  .then(
    () => 'ok',
    (error: unknown) => (isStoreError(error) ? error.code : 'untyped'),
  )
const failed = checks.filter((check) => check.status === 'fail').map(({ code }) => code)
console.log(JSON.stringify({ status, state, outcome, failed }))
await target.destroy(opened)
await target.dispose()
