import { readFileSync } from 'node:fs'

import * as memory from '@user-engine/memory'
import { describe, expect, it } from 'vitest'

import { OPERATIONS } from '../test/operations.ts'
import { createWorld } from '../test/world.ts'
import * as core from './index.ts'

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

  it('shows programs that run', async () => {
    const blocks = [...README.matchAll(/^```ts\n(.*?)^```/gms)].map(([, block]) => block ?? '')
    expect(blocks).toHaveLength(3)
    const lines: unknown[][] = []
    const sent: unknown[] = []
    const given = {
      load: (name: string): unknown => (name === '@user-engine/core' ? core : memory),
      process: { env: { REQUEST_HASH_KEY: 'k'.repeat(32) } },
      console: { log: (...line: unknown[]) => lines.push(line) },
      queue: { send: async (event: unknown) => void sent.push(event) },
      isUserEngineError: core.isUserEngineError,
      issuer: 'i',
      subject: 's',
      other: 'o',
    }
    const program = blocks.join('\n').replace(/^import (.*) from (.*)$/gm, 'const $1 = load($2)')
    const Program = (async () => {}).constructor as new (
      ...source: string[]
    ) => (...values: unknown[]) => Promise<void>
    await new Program(...Object.keys(given), program)(...Object.values(given))
    expect(lines).toEqual([[expect.stringMatching(/^[0-9a-f-]{36}$/), true]])
    expect(sent).toHaveLength(1 + 4 + 4 + 1)
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
