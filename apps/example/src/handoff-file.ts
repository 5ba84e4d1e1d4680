import { fileURLToPath } from 'node:url'

import type { Handoff } from '@user-engine/postgres'

/** Where the running example leaves what a command beside it needs; readable by its owner alone, gone when it ends. */
export const HANDOFF_FILE =
  process.env['USER_ENGINE_EXAMPLE_HANDOFF'] ??
  fileURLToPath(new URL('../.data/handoff.json', import.meta.url))

export interface HandoffFile {
  readonly handoff: Handoff
  readonly requestHashKeys: readonly [string, ...string[]]
}
