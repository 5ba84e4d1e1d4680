import type { RequirementId } from '../catalogue/index.ts'
import type { FaultyStore } from './faulty-store.ts'
import { faultyStores } from './index.ts'

/** What a defect of the store breaks for an application, and what the observation says that finds it there. */
const SEEN: readonly (readonly [store: string, breaks: RequirementId, expect: string])[] = [
  ['keys-beside-the-transaction', 'UE-ENGINE-001', 'keys were answered'],
  ['denials-join-the-transaction', 'UE-ENGINE-002', 'denials, while it is open'],
  ['announces-denials', 'UE-ENGINE-003', 'audit records and events'],
  ['keys-of-everybody', 'UE-ENGINE-004', 'the key of another actor or tenant'],
  ['finds-by-id-alone', 'UE-ENGINE-005', 'what was answered and asked'],
  ['audits-beside-the-transaction', 'UE-ENGINE-006', 'rows that were added'],
  ['guards-nothing', 'UE-ENGINE-007', 'identities that are linked still'],
  ['commits-what-was-rejected', 'UE-ENGINE-008', 'rows afterwards'],
  ['everybody-is-active', 'UE-ENGINE-009', 'the sign-in with this level alone'],
  ['quotes-the-value', 'UE-ENGINE-010', 'carries a canary'],
]

/** Faulty stores as the cases of the profile `engine` must find them. */
export const faultyUnderEngine: readonly FaultyStore[] = SEEN.flatMap(([name, breaks, expect]) =>
  faultyStores
    .filter((faulty) => faulty.name === name)
    .map((faulty) => ({ ...faulty, name: `${name}, under the engine`, breaks, expect })),
)
