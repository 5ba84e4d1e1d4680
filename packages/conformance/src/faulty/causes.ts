import type { RequirementId } from '../catalogue/index.ts'
import { faultyStores } from './index.ts'
import { faultyPostgres } from './postgres/index.ts'
import { faultyProviders } from './provider/index.ts'
import { faultyUnderEngine } from './under-engine.ts'

const MOST = 3

/**
 * What may be wrong in a store that contradicts a requirement: the defects of the published faulty stores that break it and
 * are known by the same observation.
 */
export function likelyCauses(id: RequirementId, observation: string): readonly string[] {
  const alike = [...faultyStores, ...faultyPostgres, ...faultyUnderEngine, ...faultyProviders].filter(
    ({ breaks, expect }) => breaks === id && observation.includes(expect),
  )
  return [...new Set(alike.map(({ defect }) => defect))].slice(0, MOST)
}
