import type { Case } from './case.ts'
import { attempts } from './engine/attempts.ts'
import { denials } from './engine/denials.ts'
import { externalIdentities } from './engine/external-identities.ts'
import { idempotency } from './engine/idempotency.ts'
import { incidents } from './engine/incidents.ts'
import { isolation } from './engine/isolation.ts'
import { lostAnswers } from './engine/lost-answers.ts'
import { nesting } from './engine/nesting.ts'
import { port } from './engine/port.ts'
import { secrecy } from './engine/secrecy.ts'
import { signIn } from './engine/sign-in.ts'
import { unitsOfWork } from './engine/units-of-work.ts'

/**
 * The store's promises as an application sees them, through the engine of `@user-engine/core`: the profile `engine`. Give
 * them beside those about the store alone: `cases: [...storeCases, ...engineCases]`.
 */
export const engineCases: readonly Case[] = [
  ...unitsOfWork,
  ...lostAnswers,
  ...nesting,
  ...denials,
  ...attempts,
  ...idempotency,
  ...isolation,
  ...incidents,
  ...signIn,
  ...externalIdentities,
  ...secrecy,
  ...port,
]
