import type { Case } from '../case.ts'
import { transaction } from './transaction.ts'

/** Every case about a store alone, in the order of the catalogue. */
export const storeCases: readonly Case[] = [...transaction]
