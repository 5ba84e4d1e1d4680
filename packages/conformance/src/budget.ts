/** How much a run may take: `smoke` for every commit, `full` for a verdict. */
export type Budget = 'smoke' | 'full'

export const BUDGETS: readonly Budget[] = ['smoke', 'full']
