import type { FaultyProvider } from './faulty-provider.ts'
import { faultyHandoffs } from './handoffs.ts'
import { faultyRoles } from './roles.ts'
import { faultyRowSecurity } from './row-security.ts'
import { faultySettings } from './settings.ts'

/** Every faulty handoff that is published: each breaks one promise of the profile provider-postgres. */
export const faultyProviders: readonly FaultyProvider[] = [
  ...faultyHandoffs,
  ...faultyRoles,
  ...faultyRowSecurity,
  ...faultySettings,
]
