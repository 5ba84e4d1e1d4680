import { inspect } from 'node:util'

import { describe, expect, it, vi } from 'vitest'

import { defineFacade } from './facade.ts'

interface Greeter {
  hello(): string
  readonly loud: { readonly name: string }
}

function greeters() {
  const made = vi.fn<(name: string) => void>()
  const greeterOf = defineFacade<Greeter, { readonly name: string }>({
    hello: ({ name }) => {
      made('hello')
      return () => `hello ${name}`
    },
    loud: ({ name }) => {
      made('loud')
      return { name: name.toUpperCase() }
    },
  })
  return { made, greeterOf }
}

describe('a facade', () => {
  it('makes a part when it is first asked for, and no other, and it stays the same', () => {
    const { made, greeterOf } = greeters()
    const greeter = greeterOf({ name: 'ann' })
    expect(made).not.toHaveBeenCalled()
    expect(greeter.hello()).toBe('hello ann')
    expect(greeter.hello).toBe(greeter.hello)
    expect(made.mock.calls).toEqual([['hello']])
    expect(greeterOf({ name: 'bob' }).hello()).toBe('hello bob')
    expect(greeter.hello()).toBe('hello ann')
  })

  it('can be taken apart and spread, and has its parts by name and nothing else', () => {
    const greeter = greeters().greeterOf({ name: 'ann' })
    const { hello } = greeter
    expect(hello()).toBe('hello ann')
    expect({ ...greeter }).toEqual({ hello, loud: { name: 'ANN' } })
    expect(Object.keys(greeter)).toEqual(['hello', 'loud'])
    expect(Object.entries(greeter)).toEqual(Object.entries({ ...greeter }))
    expect('hello' in greeter).toBe(true)
    expect('then' in greeter).toBe(false)
    expect(Reflect.get(greeter, 'then')).toBeUndefined()
    expect(Reflect.get(greeter, Symbol.iterator)).toBeUndefined()
    expect(Object.getPrototypeOf(greeter)).toBe(Object.prototype)
  })

  it('is frozen', () => {
    const greeter = greeters().greeterOf({ name: 'ann' })
    expect(Object.isFrozen(greeter)).toBe(true)
    expect(() => Object.assign(greeter, { hello: () => 'no' })).toThrow(TypeError)
    expect(() => Object.defineProperty(greeter, 'hello', { value: () => 'no' })).toThrow(TypeError)
    expect(Reflect.deleteProperty(greeter, 'hello')).toBe(false)
    expect(Reflect.setPrototypeOf(greeter, {})).toBe(false)
    expect(greeter.hello()).toBe('hello ann')
  })

  it('shows nobody what it was given', () => {
    const greeter = greeters().greeterOf({ name: 'canary' })
    greeter.hello()
    const shown = inspect(greeter, { depth: 9, showHidden: true, showProxy: true, getters: true })
    expect(shown).toContain('hello')
    expect(shown.toLowerCase()).not.toContain('canary')
  })
})
