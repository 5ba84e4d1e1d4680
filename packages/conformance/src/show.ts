import { isUuid } from '@user-engine/store'

import { describeError } from './canaries.ts'

const NAME = /^[A-Za-z][\w.:-]{0,39}$/
const LONGEST = 400

/** Names a value without repeating text that a person could have given. */
export function show(value: unknown): string {
  const text = render(value, 0)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

function render(value: unknown, depth: number): string {
  if (typeof value === 'string') return renderText(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString()
  if (value instanceof Error) return describeError(value)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth > 4) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => render(item, depth + 1)).join(', ')}]`
  const members = Object.entries(value).map(
    ([name, member]) => `${renderName(name)}: ${render(member, depth + 1)}`,
  )
  return `{${members.join(', ')}}`
}

function renderText(text: string): string {
  const uuid: boolean = isUuid(text)
  if (uuid) return text
  if (NAME.test(text) && !text.includes('canary')) return `'${text}'`
  return text === '' ? 'empty text' : `text of ${text.length} characters`
}

function renderName(name: string): string {
  return NAME.test(name) ? name : renderText(name)
}

/** The paths at which two values differ, with both sides; empty where they are deeply equal. */
export function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (Object.is(actual, expected)) return []
  if (actual instanceof Date && expected instanceof Date) {
    return actual.getTime() === expected.getTime() ? [] : [unequal(actual, expected, path)]
  }
  const plain = isPlain(actual) && isPlain(expected) && Array.isArray(actual) === Array.isArray(expected)
  if (!plain) return [unequal(actual, expected, path)]
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length) {
    return [`${path === '' ? 'it' : path} has ${actual.length} items, not ${expected.length}`]
  }
  const names = [...new Set([...Object.keys(actual), ...Object.keys(expected)])]
  return names.flatMap((name) => {
    const inner = Array.isArray(actual)
      ? `${path}[${name}]`
      : `${path === '' ? '' : `${path}.`}${renderName(name)}`
    if (!Object.hasOwn(actual, name)) return [`${inner} is absent`]
    if (!Object.hasOwn(expected, name)) return [`${inner} should be absent`]
    return differences(actual[name], expected[name], inner)
  })
}

function unequal(actual: unknown, expected: unknown, path: string): string {
  const shown = [show(actual), show(expected)]
  const other = shown[0] === shown[1] ? 'other ' : ''
  return `${path === '' ? 'it' : path} is ${other}${shown[0]}, not ${shown[1]}`
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Date)
}
