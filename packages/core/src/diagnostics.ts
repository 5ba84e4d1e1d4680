import { defineQuery, type Operations } from './command.ts'

export const diagnosticsQueries = {
  /** How many records of each noun the context sees: the directory's, and those of its tenant where it has one. */
  countRecords: defineQuery(
    {},
    {
      action: 'diagnostics.count',
      scope: 'directory',
      target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
      read: (tx) => tx.recordCounts(),
    },
  ),
}

export type DiagnosticsQueries = Operations<typeof diagnosticsQueries>
