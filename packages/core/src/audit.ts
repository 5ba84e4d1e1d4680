import { isUuid, type AuditRecordId, type DenialId } from '@user-engine/store'
import { z } from 'zod'

import { defineQuery, scopeIdOf, type Operations } from './command.ts'
import { decodeCursor, encodePage } from './cursor.ts'
import { pageFields } from './input.ts'

function parseTimelineId(value: unknown): AuditRecordId | DenialId {
  if (!isUuid(value)) throw new TypeError('A place in the timeline is a canonical lower-case UUID.')
  return value as AuditRecordId
}

export const auditQueries = {
  /**
   * What was done and what was denied, in one timeline: of the context's tenant, or of the directory where there is none.
   * In order of time; `targetId` narrows it to one record.
   */
  queryAudit: defineQuery(
    {
      ...pageFields,
      targetId: z
        .string()
        .refine(isUuid, { params: { rule: 'not_a_uuid' } })
        .nullish(),
    },
    {
      action: 'audit.query',
      scope: 'context',
      target: (_, { tenantId }) => ({ kind: 'tenant', id: tenantId }),
      async read(tx, input, { tenantId }) {
        const scopeId = scopeIdOf('context', tenantId)
        const after = decodeCursor('audit', scopeId, input.cursor, parseTimelineId)
        const targetId = input.targetId ?? null
        const page = await tx.audit.timeline({ scopeId, targetId, after, limit: input.limit })
        return encodePage('audit', scopeId, page)
      },
    },
  ),
}

export type AuditQueries = Operations<typeof auditQueries>
