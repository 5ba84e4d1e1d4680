import { createHash } from 'node:crypto'

import { canonicalJson } from '../canonical-json.ts'
import { catalogue } from './index.ts'

/** What the catalogue says, as one number. */
export function catalogueDigest(): string {
  return createHash('sha256')
    .update(canonicalJson(Object.fromEntries(catalogue)))
    .digest('hex')
}
