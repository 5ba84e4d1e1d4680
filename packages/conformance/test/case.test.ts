import { directoryScope } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import type { Case, RunOptions } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { IMPATIENT, judge, soundCase, toyCase } from './toy-cases.ts'

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

  it('is waited for as many times as long as it says', async () => {
    const hanging: Case['run'] = () => new Promise(() => {})
    const { reason } = await verdictOf(hanging, { patience: 3 }, { timeScale: IMPATIENT })
    expect(reason).toBe('it did not end within 180 ms')
  })

  it('fails by its requirement when the store refuses what it has a right to', async () => {
    const { cases } = await judge([
      toyCase(async (ctx) => {
        await ctx.commit(directoryScope(), (tx) =>
          tx.accounts.insert(ctx.make.account({ userId: ctx.make.user().id })),
        )
      }),
    ])
    expect(cases[0]?.failures).toMatchObject([
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
