import type { Case } from '../case.ts'
import { checkCases, requirementsOf } from '../plan.ts'
import { decides } from '../verdict.ts'
import { catalogue } from './index.ts'

export interface CatalogueUse {
  /** The port, file by file. */
  readonly sources: readonly string[]
  readonly cases: readonly Case[]
}

/** What the catalogue, the port and the cases do not say alike; none where every promise is cited and shown. */
export function findCatalogueGaps({ sources, cases }: CatalogueUse): string[] {
  const cited = new Set(sources.flatMap(citationsIn))
  const shown = new Set(cases.flatMap(requirementsOf))
  const unknown = [...cited].filter((id) => !(catalogue as ReadonlyMap<string, unknown>).has(id))
  const uncited = [...catalogue].filter(([id, { profile }]) => profile.startsWith('store-') && !cited.has(id))
  const unshown = [...catalogue].filter(
    ([id, requirement]) => decides(requirement) && requirement.proof !== 'evidence' && !shown.has(id),
  )
  return [
    ...unknown.map((id) => `the port cites ${id}, which is not in the catalogue`),
    ...uncited.map(([id]) => `${id} is cited by no docstring of the port`),
    ...unshown.map(([id]) => `${id} is a stable MUST, and no case shows it`),
    ...checkCases(cases),
  ]
}

/** Ids as docstrings write them: `UE-READINESS-001, 002`, or `UE-SCHEMA-002 to 004`, over the ends of lines too. */
function citationsIn(source: string): string[] {
  const text = source.replaceAll(/\s*\n\s*\*?\s*/g, ' ')
  return [...text.matchAll(/(UE-[A-Z]+-)(\d{3})((?:, \d{3}(?!\d)| to \d{3}(?!\d))*)/g)].flatMap(
    ([, area = '', first = '', more = '']) => {
      const numbers = [Number(first)]
      for (const [, word, number] of more.matchAll(/(,| to) (\d{3})/g)) {
        const last = numbers.at(-1) ?? 0
        for (let next = word === ' to' ? last + 1 : Number(number); next <= Number(number); next += 1) {
          numbers.push(next)
        }
      }
      return numbers.map((number) => `${area}${String(number).padStart(3, '0')}`)
    },
  )
}
