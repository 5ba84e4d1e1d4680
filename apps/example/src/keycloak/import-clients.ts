import { isUserEngineError, type Session } from '@user-engine/core'

import { allOf } from './pages.ts'
import type { ClientEntry } from './realm-export.ts'

export interface ClientReport {
  created: number
  unchanged: number
  readonly refused: { readonly index: number; readonly reason: string }[]
  /** How many clients had each field. */
  readonly fields: Map<string, number>
}

/**
 * Makes each client an application of the tenant, and the tenant bound to those that are enabled; each in one unit of work.
 * One that is there already stays as it is.
 */
export async function importClients(
  clients: AsyncIterable<ClientEntry>,
  session: Session,
): Promise<ClientReport> {
  const report: ClientReport = { created: 0, unchanged: 0, refused: [], fields: new Map() }
  const applications = await allOf((page) => session.listApplications(page))
  const known = new Set(applications.map(({ clientKey }) => clientKey))
  for await (const entry of clients) {
    if ('problems' in entry) {
      report.refused.push({ index: entry.index, reason: entry.problems.join('; ') })
      continue
    }
    const { clientId, enabled } = entry.client
    for (const field of Object.keys(entry.client)) {
      report.fields.set(field, (report.fields.get(field) ?? 0) + 1)
    }
    if (known.has(clientId)) {
      report.unchanged += 1
      continue
    }
    try {
      await session.transaction(async (unit) => {
        const { application } = await unit.registerApplication({ clientKey: clientId })
        if (!enabled) return
        await unit.activateApplication({ applicationId: application.id })
        const { binding } = await unit.requestBinding({ applicationId: application.id })
        await unit.activateBinding({ bindingId: binding.id })
      })
      report.created += 1
    } catch (error) {
      if (!isUserEngineError(error, 'INVALID_INPUT') && !isUserEngineError(error, 'ALREADY_EXISTS'))
        throw error
      report.refused.push({ index: entry.index, reason: error.code })
    }
  }
  return report
}
