import { join } from 'node:path'

import type { BindingOptions } from '../src/binding.ts'

/** One row of the matrix of versions and topologies: `pnpm matrix` wants its report. */
export function topology(
  name: string,
  budget: NonNullable<BindingOptions['budget']>,
): Pick<BindingOptions, 'budget' | 'out'> {
  const reports = process.env['USER_ENGINE_MATRIX']
  return reports === undefined ? { budget } : { budget, out: join(reports, name) }
}
