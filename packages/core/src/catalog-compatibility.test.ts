import { describe, expect, it } from 'vitest'

import { breakingChanges } from './catalog-compatibility.ts'
import type { AttributeDefinition, AttributeDefinitions } from './index.ts'

const definitions = (...attributes: AttributeDefinition[]): AttributeDefinitions => ({ attributes })

describe('what breaks somebody', () => {
  const complex = (...subAttributes: readonly AttributeDefinition[]) =>
    ({ name: 'a', type: 'complex', subAttributes: [...subAttributes] }) as AttributeDefinition
  const breaks: readonly [AttributeDefinition, AttributeDefinition | null, ...string[]][] = [
    [{ name: 'a' }, null, 'a removed'],
    [{ name: 'a' }, { name: 'a', type: 'boolean' }, 'a type'],
    [{ name: 'a' }, { name: 'a', multiValued: true }, 'a multi_valued'],
    [{ name: 'a' }, { name: 'a', required: true }, 'a required'],
    [{ name: 'a', canonicalValues: ['x', 'y'] }, { name: 'a', canonicalValues: ['x'] }, 'a canonical_values'],
    [{ name: 'a' }, { name: 'a', caseExact: true }, 'a case_exact'],
    [{ name: 'a' }, { name: 'a', mutability: 'immutable' }, 'a mutability'],
    [{ name: 'a' }, { name: 'a', returned: 'request' }, 'a returned'],
    [{ name: 'a' }, { name: 'a', uniqueness: 'server' }, 'a uniqueness'],
    [{ name: 'a', referenceTypes: ['User'] }, { name: 'a' }, 'a reference_types'],
    [{ name: 'a' }, { name: 'a', visibility: ['self'] }, 'a visibility'],
    [{ name: 'a' }, { name: 'a', sensitivity: 'public' }, 'a sensitivity'],
    [{ name: 'a' }, { name: 'a', final: true }, 'a final'],
    [{ name: 'a' }, { name: 'a', validation: { maxLength: 9 } }, 'a validation'],
    [{ name: 'a' }, { name: 'a', validation: { format: 'email' } }, 'a validation'],
    [{ name: 'a' }, { name: 'a', validation: { minLength: 1 } }, 'a validation'],
    [{ name: 'a', validation: { minimum: 1 } }, { name: 'a', validation: { minimum: 2 } }, 'a validation'],
    [{ name: 'a' }, { name: 'a', validation: { canonicalValuesOnly: true } }, 'a validation'],
    [
      { name: 'a', returned: 'request' },
      { name: 'a', returned: 'never', sensitivity: 'personal' },
      'a returned',
    ],
    [
      complex({ name: 'b' }, { name: 'c' }),
      complex({ name: 'b', type: 'boolean' }),
      'a.b type',
      'a.c removed',
    ],
    [complex({ name: 'b' }), complex({ name: 'b' }, { name: 'c', required: true }), 'a.c required'],
  ]
  it.each(breaks)('%j to %j', (before, after, ...expected) => {
    const changes = breakingChanges(definitions(before), definitions(...(after === null ? [] : [after])))
    expect(changes.map(({ attribute, change }) => `${attribute} ${change}`)).toEqual(expected)
  })

  const keeps: readonly [AttributeDefinition, AttributeDefinition][] = [
    [{ name: 'a' }, { name: 'a', type: 'string', description: 'now with words' }],
    [{ name: 'a', required: true }, { name: 'a' }],
    [{ name: 'a', mutability: 'readOnly' }, { name: 'a' }],
    [{ name: 'a', visibility: ['self'] }, { name: 'a' }],
    [
      { name: 'a', validation: { maxLength: 9 } },
      { name: 'a', validation: { maxLength: 10 } },
    ],
    [
      { name: 'a', returned: 'request' },
      { name: 'a', returned: 'always' },
    ],
  ]
  const whole: AttributeDefinition = {
    name: 'a',
    required: true,
    canonicalValues: ['x'],
    caseExact: true,
    mutability: 'immutable',
    returned: 'request',
    uniqueness: 'server',
    visibility: ['self'],
    sensitivity: 'internal',
    final: true,
    validation: { minLength: 1, maxLength: 9, format: 'email', canonicalValuesOnly: true },
  }
  const { validation: _, ...free } = whole
  it.each([
    ['what stays as it is', whole, whole],
    ['a rule that goes', whole, { ...free, validation: { minLength: 1, maxLength: 9 } }],
    ['all rules that go', whole, free],
    ['less that is asked for', whole, { ...whole, validation: { ...whole.validation, minLength: 0 } }],
    ['another uniqueness', whole, { ...whole, uniqueness: 'global' }],
  ] as const)('is not %s', (_name, before, after) => {
    expect(breakingChanges(definitions(before), definitions(after))).toEqual([])
  })

  it.each(keeps)('is not %j to %j', (before, after) => {
    expect(breakingChanges(definitions(before), definitions(after, { name: 'new' }))).toEqual([])
  })
})
