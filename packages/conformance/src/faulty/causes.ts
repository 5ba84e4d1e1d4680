import type { RequirementId } from '../catalogue/index.ts'
import { faultyStores } from './index.ts'
import { faultyUnderEngine } from './under-engine.ts'

const MOST = 3

/**
 * What may be wrong in a store that contradicts a requirement: the defects of the published faulty stores that break it.
 * Where some of them are known by what was observed, only those.
 */
export function likelyCauses(id: RequirementId, observation: string): readonly string[] {
  const breaking = [...faultyStores, ...faultyUnderEngine].filter(({ breaks }) => breaks === id)
  const alike = breaking.filter(({ expect }) => observation.includes(expect))
  const causes = (alike.length > 0 ? alike : breaking).map(({ defect }) => defect)
  return [...new Set(causes)].slice(0, MOST)
}
