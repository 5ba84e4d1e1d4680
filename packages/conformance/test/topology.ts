import { join } from 'node:path'

import type { BindingOptions } from '../src/binding.ts'

/** One row of the matrix of versions and topologies: `pnpm matrix` wants its report. */
export function topology(name: string): Pick<BindingOptions, 'out'> {
  const reports = process.env['USER_ENGINE_MATRIX']
  return reports === undefined ? {} : { out: join(reports, name) }
}
