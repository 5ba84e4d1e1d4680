import type { Case } from '../case.ts'
import { concurrency } from './concurrency.ts'
import { conflicts } from './conflicts.ts'
import { isolationLevel } from './isolation-level.ts'
import { misuse } from './misuse.ts'
import { nesting } from './nesting.ts'
import { transaction } from './transaction.ts'
import { uniqueness } from './uniqueness.ts'
import { versions } from './versions.ts'

/** Every case about a store alone, in the order of the catalogue. */
export const storeCases: readonly Case[] = [
  ...transaction,
  ...nesting,
  ...conflicts,
  ...misuse,
  ...isolationLevel,
  ...versions,
  ...concurrency,
  ...uniqueness,
]
