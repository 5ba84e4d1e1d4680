import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { findCatalogueGaps } from '../src/catalogue/gaps.ts'
import { engineCases } from '../src/engine.ts'
import { catalogue, providerCases, storeCases, type Case } from '../src/index.ts'
import { decides } from '../src/verdict.ts'

const port = join(import.meta.dirname, '../../store/src')
const sources = readdirSync(port).map((name) => readFileSync(join(port, name), 'utf8'))
const cases = [...storeCases, ...providerCases, ...engineCases]

const gaps = (changed: { readonly sources?: readonly string[]; readonly cases?: readonly Case[] } = {}) =>
  findCatalogueGaps({ sources, cases, ...changed })

describe('the catalogue, the port and the cases', () => {
  it('have no gap between them', () => {
    expect(catalogue.size).toBeGreaterThan(120)
    expect(gaps()).toEqual([])
  })

  it.each<[string, Parameters<typeof gaps>[0], string]>([
    [
      'an id that the catalogue does not have',
      { sources: [...sources, '/** (UE-OUTBOX-001, 099). */'] },
      'the port cites UE-OUTBOX-099, which is not in the catalogue',
    ],
    [
      'a requirement that the port does not cite',
      { sources: sources.map((text) => text.replaceAll('UE-OUTBOX-018', '')) },
      'UE-OUTBOX-018 is cited by no docstring of the port',
    ],
    [
      'a stable MUST without a case',
      { cases: cases.filter(({ id }) => !id.startsWith('UE-OUTBOX-018/')) },
      'UE-OUTBOX-018 is a stable MUST, and no case shows it',
    ],
    [
      'a case of an unknown requirement',
      { cases: [...cases, { id: 'UE-OUTBOX-099/x' as never, title: '', run: async () => {} }] },
      'UE-OUTBOX-099/x names UE-OUTBOX-099, which is not in the catalogue.',
    ],
  ])('are told apart by %s', (_, changed, problem) => {
    expect(gaps(changed)).toEqual([problem])
  })

  it('say of what no case can show which artefact does', () => {
    for (const [id, requirement] of catalogue) {
      if (requirement.proof !== 'evidence') continue
      expect([id, requirement.artefact !== null]).toEqual([id, true])
      expect(decides(requirement)).toBe(false)
    }
  })
})
