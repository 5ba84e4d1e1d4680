import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { createCanaries, describeError, exposeText } from '../src/canaries.ts'
import { createRandom } from '../src/random.ts'

const canaries = createCanaries(createRandom('test'))
const canary = canaries.make()

describe('a canary is found', () => {
  it.each([
    ['as it is', `Key (subject)=(${canary}) already exists.`],
    ['in capitals', canary.toUpperCase()],
    ['reversed', Array.from(canary).toReversed().join('')],
    ['in hexadecimal', Buffer.from(canary).toString('hex')],
    ['in base64', Buffer.from(canary).toString('base64')],
    ['in base64, one byte further', Buffer.from(`a${canary}`).toString('base64')],
    ['in base64, two bytes further', Buffer.from(`ab${canary}`).toString('base64url')],
    ['in part', canary.slice(12)],
    ['as a plain digest', createHash('sha256').update(canary).digest('hex')],
  ])('%s', (_, text) => {
    expect(canaries.find(`before ${text} after`)).not.toBeNull()
  })

  it.each<[string, unknown]>([
    ['in a message', new Error(canary)],
    ['in a cause', new Error('a', { cause: new Error('b', { cause: { deep: [canary] } }) })],
    ['in one of several errors', new AggregateError([new Error(canary)])],
    [
      'in a property that is not enumerable',
      Object.defineProperty(new Error('a'), 'client', { value: { canary } }),
    ],
    ['under a symbol', { [Symbol('hidden')]: canary }],
    ['in a map', new Map([['key', new Set([canary])]])],
    ['in a name', { [canary]: 1 }],
    ['behind a getter', Object.defineProperty({}, 'late', { get: () => canary })],
  ])('%s', (_, thing) => {
    expect(canaries.find(exposeText(thing))).not.toBeNull()
  })
})

describe('nothing is found', () => {
  it('where nothing is', () => {
    const thing = new Error('Nothing was written.', { cause: { code: 'CONFLICT', id: crypto.randomUUID() } })
    expect(canaries.find(exposeText(thing))).toBeNull()
  })
})

it('an error that carries one is described without its words', () => {
  expect(describeError(new Error(`Key (${canary})`))).toBe(
    '(withheld: it carries a value that must not be shown)',
  )
})
