import { defineQuery, type Operations } from './command.ts'

export const diagnosticsQueries = {
  /** How many records of each noun there are: in the context's tenant, or in the directory where there is none. */
  countRecords: defineQuery(
    {},
    {
      action: 'diagnostics.count',
      scope: 'context',
      target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
      read: (tx) => tx.recordCounts(),
    },
  ),
}

export type DiagnosticsQueries = Operations<typeof diagnosticsQueries>
