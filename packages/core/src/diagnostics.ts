import { defineQuery, type Operations } from './command.ts'

export const diagnosticsQueries = {
  /** How many records of each noun the context sees. */
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
