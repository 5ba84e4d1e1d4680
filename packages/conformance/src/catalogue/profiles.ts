import type { Profile } from './requirement.ts'

export interface ProfileFacts {
  /** Whose promise it is. */
  readonly claimedBy: string
  /** What a target or a configuration needs for it. */
  readonly takes: string
}

/** Every profile, each of which can be claimed beside the others. */
export const profiles: Readonly<Record<Profile, ProfileFacts>> = {
  'store-core': { claimedBy: 'every store, without exception', takes: 'open, second, destroy' },
  'store-concurrent': {
    claimedBy: 'every store; letting transactions in one by one is legal',
    takes: 'the same',
  },
  'store-durable': {
    claimedBy: 'a store that declares durable',
    takes: 'the powers, at least the faults',
  },
  'store-relational': { claimedBy: 'a store with migrations', takes: 'the power migrations' },
  engine: {
    claimedBy: 'a store under @user-engine/core',
    takes: 'cases: [...storeCases, ...engineCases], the latter from @user-engine/conformance/engine',
  },
  'provider-postgres': {
    claimedBy: 'who provides Postgres, without a store',
    takes: 'defineProvider with the handoff, the powers, and the artefacts that its requirements name',
  },
}

export const PROFILES = Object.keys(profiles) as readonly Profile[]

export function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name)
}
