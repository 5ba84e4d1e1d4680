import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { OPERATIONS } from '../test/operations.ts'
import { createWorld } from '../test/world.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const ERRORS = readFileSync(new URL('errors.ts', import.meta.url), 'utf8')

describe('the README', () => {
  it('has one heading for each error code, in the order of the source, and no other', () => {
    const details = /interface UserEngineErrorDetails \{(.*?)\n\}/s.exec(ERRORS)?.[1] ?? ''
    const codes = [...details.matchAll(/readonly ([A-Z_]+):/g)].map(([, code]) => code)
    const headings = [...README.matchAll(/^### ([A-Z_]+)$/gm)].map(([, heading]) => heading)
    expect(codes.length).toBeGreaterThan(10)
    expect(headings).toEqual(codes)
  })

  it('names every operation that a session and the engine have', async () => {
    const { engine, directory } = await createWorld()
    const names = [...Object.keys(directory), ...Object.keys(engine)].filter((name) => name !== 'as')
    expect(names).toEqual(expect.arrayContaining(Object.keys(OPERATIONS)))
    expect(names.filter((name) => !README.includes(`${name}(`) && !README.includes(`\`${name}\``))).toEqual(
      [],
    )
  })
})
