import { createMemoryStore } from '@user-engine/memory'
import { directoryScope } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { canonicalJson } from '../src/canonical-json.ts'
import {
  KitError,
  runConformance,
  type Case,
  type Report,
  type RunOptions,
  type Target,
} from '../src/index.ts'
import { createMemoryTarget } from './memory-target.ts'
import { soundCase, toyCase } from './toy-cases.ts'

/** Deadlines of some tens of milliseconds. */
const IMPATIENT = 0.001

function judge(
  cases: readonly Case[],
  target: Target = createMemoryTarget(),
  options: Partial<RunOptions> = {},
): Promise<Report> {
  return runConformance(target, { profiles: ['store-core', 'store-concurrent'], cases, ...options })
}

describe('a case', () => {
  const verdictOf = async (run: Case['run'], rest: Partial<Case> = {}, options: Partial<RunOptions> = {}) => {
    const { cases, exitCode } = await judge([toyCase(run, rest)], createMemoryTarget(), options)
    return { verdict: cases[0]?.verdict, reason: cases[0]?.reason, exitCode }
  }

  it('passes when it observed what it promised to', async () => {
    expect(await judge([soundCase])).toMatchObject({ exitCode: 0, verdict: 'conformant' })
  })

  it('fails although it swallows its own assertion', async () => {
    const run: Case['run'] = async (ctx) => {
      try {
        ctx.must('UE-TRANSACTION-001', false, 'it is not so')
      } catch {
        // A runner that trusts in exceptions would see nothing.
      }
      ctx.must('UE-TRANSACTION-001', true, 'it is so')
    }
    expect(await verdictOf(run)).toEqual({
      verdict: 'fail',
      reason: 'UE-TRANSACTION-001: it is not so',
      exitCode: 1,
    })
  })

  it.each<[string, Case['run'], Partial<Case>, string]>([
    ['observes nothing', async () => {}, {}, 'it observed nothing of UE-TRANSACTION-001'],
    [
      'observes something of one requirement, of two',
      async (ctx) => ctx.must('UE-TRANSACTION-001', true, ''),
      { also: ['UE-AUDIT-001'] },
      'it observed nothing of UE-AUDIT-001',
    ],
    [
      'never checks its precondition',
      async (ctx) => ctx.must('UE-TRANSACTION-001', true, ''),
      { preconditions: ['the owner sees it'] },
      'the precondition "the owner sees it" was never checked',
    ],
    [
      'finds its precondition untrue',
      async (ctx) => {
        ctx.must('UE-TRANSACTION-001', true, '')
        ctx.precondition('the owner sees it', false)
      },
      { preconditions: ['the owner sees it'] },
      'the precondition "the owner sees it" does not hold',
    ],
  ])('is vacuous when it %s', async (_, run, rest, reason) => {
    expect(await verdictOf(run, rest)).toEqual({ verdict: 'vacuous', reason, exitCode: 1 })
  })

  it.each<[string, Case['run'], Partial<Case>, string]>([
    [
      'does not await what it starts',
      async (ctx) => {
        void ctx.commit(directoryScope(), () => new Promise((resolve) => setTimeout(resolve, 50)))
        ctx.must('UE-TRANSACTION-001', true, '')
      },
      {},
      'it ended without awaiting commit',
    ],
    [
      'observes a requirement that it does not name',
      async (ctx) => ctx.must('UE-AUDIT-001', true, ''),
      {},
      'it observed UE-AUDIT-001, which it does not name',
    ],
    [
      'gives a condition that is no boolean',
      async (ctx) => ctx.must('UE-TRANSACTION-001', Promise.resolve(false) as never, ''),
      {},
      'its condition for UE-TRANSACTION-001 is a object, not true or false',
    ],
    [
      'uses a power that it does not need',
      async (ctx) => void (await ctx.observer.rows('users')),
      {},
      'it uses observer without needing it',
    ],
    [
      'needs a power that it does not use',
      async (ctx) => ctx.must('UE-TRANSACTION-001', true, ''),
      { needs: ['observer'] },
      'it needs observer and never used it',
    ],
  ])('makes the run invalid when it %s', async (_, run, rest, reason) => {
    expect(await verdictOf(run, rest)).toEqual({ verdict: 'error', reason, exitCode: 3 })
  })

  it.each<[string, Case['run'], RegExp]>([
    ['throws', () => Promise.reject(new TypeError('x is not a function')), /^TypeError: x is not a function/],
    ['hangs', () => new Promise(() => {}), /^it did not end within 60 ms/],
    [
      'meets an error that nobody awaits',
      async (ctx) => {
        ctx.must('UE-TRANSACTION-001', true, '')
        void Promise.reject(new Error('adrift'))
      },
      /^an error was thrown that nobody awaited: Error: adrift/,
    ],
  ])('is an error when it %s', async (_, run, reason) => {
    const outcome = await verdictOf(run, {}, { timeScale: IMPATIENT })
    expect(outcome).toEqual({
      verdict: 'error',
      reason: expect.stringMatching(reason) as unknown,
      exitCode: 1,
    })
  })

  it('fails by its requirement when the store refuses what it has a right to', async () => {
    const { cases } = await judge([
      toyCase(async (ctx) => {
        await ctx.commit(directoryScope(), (tx) =>
          tx.accounts.insert(ctx.make.account({ userId: ctx.make.user().id })),
        )
      }),
    ])
    expect(cases[0]?.failures).toEqual([
      {
        requirement: 'UE-TRANSACTION-001',
        observation: 'the store unexpectedly answered StoreError CONFLICT {"constraint":"reference"}',
      },
    ])
  })

  it('goes on after a failure, and names each requirement that does not hold', async () => {
    const run: Case['run'] = async (ctx) => {
      ctx.must('UE-TRANSACTION-001', false, 'first')
      ctx.must('UE-AUDIT-001', false, 'second')
      throw new TypeError('a consequence')
    }
    const report = await judge([toyCase(run, { also: ['UE-AUDIT-001', 'UE-OUTBOX-001'] })])
    const verdicts = Object.fromEntries(report.requirements.map(({ id, verdict }) => [id, verdict]))
    expect(report.cases[0]?.failures.map(({ observation }) => observation)).toEqual(['first', 'second'])
    expect(verdicts).toMatchObject({
      'UE-TRANSACTION-001': 'fail',
      'UE-AUDIT-001': 'fail',
      'UE-OUTBOX-001': 'notRun',
      'UE-OUTBOX-002': 'unverified',
    })
  })

  it('is flaky when it fails now and then, and that is not conformant', async () => {
    let runs = 0
    const run: Case['run'] = async (ctx) => ctx.must('UE-TRANSACTION-001', (runs += 1) > 1, 'the first time')
    const outcome = await verdictOf(run, { profile: 'store-concurrent' })
    expect(outcome).toMatchObject({ verdict: 'flaky', exitCode: 1 })
    runs = 0
    expect(await verdictOf(run)).toMatchObject({ verdict: 'fail', exitCode: 1 })
  })

  it('is skipped, with its reason, where the target lacks a power or the store a capability', async () => {
    const report = await judge([
      soundCase,
      toyCase(soundCase.run, { id: 'UE-TRANSACTION-001/crash', needs: ['faults.crash'] }),
      toyCase(soundCase.run, { id: 'UE-TRANSACTION-001/durable', needs: ['durable'] }),
    ])
    expect(report.cases.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['unsupported', 'the target has no power faults.crash'],
      ['unsupported', 'the store does not declare the capability durable'],
      ['pass', null],
    ])
    expect(report.requirements.find(({ id }) => id === 'UE-TRANSACTION-001')?.verdict).toBe('unsupported')
    expect(report.exitCode).toBe(0)
  })
})

describe('a run', () => {
  it('is invalid when nothing was run', async () => {
    const report = await judge([])
    expect(report).toMatchObject({ exitCode: 3, problems: ['No case was run, of 0 that were planned.'] })
  })

  it('is partial when it is filtered and finds nothing, not conformant when it does', async () => {
    const failing = toyCase(async (ctx) => ctx.must('UE-TRANSACTION-001', false, 'no'), {
      id: 'UE-TRANSACTION-001/failing',
    })
    const only = (prefix: string) => judge([soundCase, failing], createMemoryTarget(), { only: [prefix] })
    expect(await only('UE-TRANSACTION-001/toy')).toMatchObject({ exitCode: 2, verdict: 'partial' })
    expect(await only('UE-TRANSACTION-001/failing')).toMatchObject({ exitCode: 1 })
  })

  it('says of each known deviation that it is known, until it expires or passes', async () => {
    const failing = toyCase(async (ctx) => ctx.must('UE-TRANSACTION-001', false, 'no'))
    const known = (expires: string) => ({
      deviations: [{ case: failing.id, issue: 'https://example.com/1', expires }],
    })
    const current = await judge([failing], createMemoryTarget(), known('2999-01-01'))
    expect(current).toMatchObject({ exitCode: 1, cases: [{ knownDeviation: { expires: '2999-01-01' } }] })
    const expired = await judge([failing], createMemoryTarget(), known('2000-01-01'))
    expect(expired).toMatchObject({ exitCode: 1, cases: [{ knownDeviation: null }] })
    const passing = await judge([soundCase], createMemoryTarget(), known('2999-01-01'))
    expect(passing).toMatchObject({ exitCode: 1, cases: [{ verdict: 'unexpectedPass' }] })
  })

  it.each<[string, Partial<RunOptions>, string]>([
    ['no profile', { profiles: [] }, 'No profile is chosen.'],
    ['a filter that matches nothing', { only: ['UE-NOTHING'] }, 'No case is called UE-NOTHING.'],
    [
      'a case of no requirement',
      { cases: [toyCase(soundCase.run, { id: 'UE-TENANT-999/x' as never })] },
      'UE-TENANT-999',
    ],
    ['a case twice', { cases: [soundCase, soundCase] }, 'is there twice'],
    [
      'a deviation of no case',
      { deviations: [{ case: 'x', issue: 'https://example.com', expires: '2999-01-01' }] },
      'which is no case',
    ],
    [
      'a deviation without an end',
      { deviations: [{ case: soundCase.id, issue: 'https://example.com' }] },
      'expires',
    ],
    ['a time scale of nothing', { timeScale: 0 }, 'The time scale is a positive number.'],
  ])('does not start with %s', async (_, options, message) => {
    await expect(judge([soundCase], createMemoryTarget(), options)).rejects.toThrow(KitError)
    await expect(judge([soundCase], createMemoryTarget(), options)).rejects.toThrow(message)
  })

  it('with one seed differs in times only, with another in its order too', async () => {
    const cases = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      toyCase(soundCase.run, { id: `UE-TRANSACTION-001/${name}` }),
    )
    const run = async (seed: string) => {
      const order: string[] = []
      const options = { profiles: ['store-core'] as const, cases, seed }
      const report = await runConformance(createMemoryTarget(), options, (result) =>
        order.push(result.planned.case.id),
      )
      return { order, text: canonicalJson(report).replace(/"(?:durationMs|startedAt)": [^\n]*/g, '') }
    }
    const [first, again, other] = [await run('1'), await run('1'), await run('2')]
    expect(again).toEqual(first)
    expect(other.order).not.toEqual(first.order)
  })
})

describe('a target', () => {
  const good = createMemoryTarget()
  const problemsOf = async (members: Partial<Target>, cases: readonly Case[] = [soundCase]) => {
    const more = toyCase(soundCase.run, { id: 'UE-TRANSACTION-001/more' })
    const target = { ...good, ...members } as Target
    const { exitCode, verdict, problems } = await judge([...cases, more], target, { timeScale: IMPATIENT })
    return { exitCode, verdict, problem: problems[0] }
  }
  const invalid = (problem: string) => ({
    exitCode: 3,
    verdict: 'invalid',
    problem: expect.stringContaining(problem) as unknown,
  })

  it('that throws in open is named', async () => {
    const open = () => Promise.reject(new Error('no server'))
    expect(await problemsOf({ open })).toEqual(invalid('The target failed at open: Error: no server'))
  })

  it('that hangs in open is named', async () => {
    expect(await problemsOf({ open: () => new Promise(() => {}) })).toEqual(
      invalid('did not end open within 60 ms'),
    )
  })

  it('that opens the same instance twice is named', async () => {
    const one = { universe: '', store: createMemoryStore() }
    const open: Target['open'] = async ({ id }) => Object.assign(one, { universe: id })
    expect(await problemsOf({ open, destroy: async () => {}, observer: undefined as never })).toEqual(
      invalid('the same instance or store twice'),
    )
  })

  it('that opens what is not empty is refused, and its data is left alone', async () => {
    const store = createMemoryStore()
    const user = {
      kind: 'person',
      state: 'active',
      version: 1,
      createdAt: new Date(),
      updatedAt: new Date(),
    } as const
    const destroyed: unknown[] = []
    const { make } = await new Promise<Parameters<Case['run']>[0]>((resolve) => {
      void judge([toyCase(async (ctx) => resolve(ctx))])
    })
    await store.transaction(directoryScope(), (tx) => tx.users.insert({ ...make.user(), ...user }))
    const open: Target['open'] = async ({ id }) => ({ universe: id, store })
    const destroy: Target['destroy'] = async (instance) => void destroyed.push(instance)
    expect(await problemsOf({ open, destroy, observer: undefined as never })).toEqual(
      invalid('a store that is not empty: it has users'),
    )
    expect(destroyed).toEqual([])
    expect(await store.transaction(directoryScope(), (tx) => tx.recordCounts())).toMatchObject({ users: 1 })
  })

  it('that opens the instance of another universe is refused, and it is left alone', async () => {
    const destroyed: unknown[] = []
    const open: Target['open'] = async () => ({ universe: 'production', store: createMemoryStore() })
    const destroy: Target['destroy'] = async (instance) => void destroyed.push(instance)
    expect(await problemsOf({ open, destroy })).toEqual(invalid('an instance of another universe'))
    expect(destroyed).toEqual([])
  })

  it('that does not clean up is named', async () => {
    const destroy = () => Promise.reject(new Error('permission denied'))
    expect(await problemsOf({ destroy })).toEqual(
      invalid('The target failed at destroy: Error: permission denied'),
    )
  })

  it('whose capabilities change from one instance to the next is named', async () => {
    let count = 0
    const open: Target['open'] = async ({ id }) => {
      const writes = (count += 1) === 1 ? 'eager' : 'deferred'
      return { universe: id, store: createMemoryStore({ writes }) }
    }
    const members = { open, destroy: async () => {}, observer: undefined as never }
    expect(await problemsOf(members)).toEqual(
      invalid('capabilities changed from one instance to the next: writes is'),
    )
  })

  it('whose capabilities change during a case is named', async () => {
    const open: Target['open'] = async ({ id }) => {
      const store = createMemoryStore()
      const capabilities = { ...store.capabilities }
      return { universe: id, store: { ...store, capabilities } }
    }
    const changing = toyCase(
      async (ctx) => {
        await soundCase.run(ctx)
        Object.assign(ctx.store.capabilities, { durable: true })
      },
      { id: 'UE-TRANSACTION-001/changing' },
    )
    const members = { open, destroy: async () => {}, observer: undefined as never }
    expect(await problemsOf(members, [changing])).toEqual(
      invalid('capabilities changed during a case: durable is'),
    )
  })

  it('that declares a power which no case could use is named', async () => {
    const useless = toyCase(soundCase.run, {
      id: 'UE-TRANSACTION-001/useless',
      needs: ['observer', 'faults.crash'],
    })
    expect(await problemsOf({}, [useless])).toEqual(
      invalid('observer is declared, and no case that needs it was run'),
    )
  })
})
