import { createMemoryDatabase, createMemoryStore } from '@user-engine/memory'
import { directoryScope } from '@user-engine/store'
import { describe, expect, it } from 'vitest'

import { createFaultyTarget, faultyStores, type FaultyStore } from '../src/faulty.ts'
import type { Case, Target } from '../src/index.ts'
import { createMemoryTarget } from '../src/demo/memory-target.ts'
import { IMPATIENT, judge, soundCase, toyCase } from './toy-cases.ts'

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

  it('that throws in open before it answers a promise is named', async () => {
    const open = () => {
      throw new Error('no driver')
    }
    expect(await problemsOf({ open })).toEqual(invalid('The target failed at open: Error: no driver'))
  })

  it.each([
    ['nothing', undefined],
    ['a store without its universe', createMemoryStore()],
    ['a universe without a store', { universe: 'x', store: {} }],
  ])('that opens %s is named', async (_, opened) => {
    const open = () => Promise.resolve(opened as never)
    expect(await problemsOf({ open })).toEqual(invalid('open answered no instance'))
  })

  it('whose instances share their data is named, though each was empty when it was opened', async () => {
    const database = createMemoryDatabase()
    const open: Target['open'] = async ({ id }) => ({ universe: id, store: database.open() })
    const members = { open, destroy: async () => {}, observer: undefined as never }
    expect(await problemsOf(members)).toEqual(
      invalid('Two instances share their data: what was written in one are users of the other.'),
    )
  })

  it.each<[string, Target['second'], string]>([
    ['fails', () => Promise.reject(new Error('no route')), 'The target failed at second: Error: no route'],
    ['hangs', () => new Promise(() => {}), 'The target did not end second within 10 ms'],
    ['answers nothing', () => Promise.resolve(undefined as never), 'second answered no store.'],
    ['answers the first one', async ({ store }) => store, 'second answered the store that open had given'],
  ])('whose second handle %s is named, and not the store', async (_, second, problem) => {
    const asking = toyCase(
      async (ctx) => {
        await soundCase.run(ctx)
        await ctx.second()
      },
      { id: 'UE-TRANSACTION-001/asking' },
    )
    expect(await problemsOf({ second }, [asking])).toEqual(invalid(problem))
  })

  it('whose clock can not be turned is named, and not the store', async () => {
    const waiting = toyCase(
      async (ctx) => {
        await soundCase.run(ctx)
        await ctx.elapse(1)
      },
      { id: 'UE-TRANSACTION-001/waiting' },
    )
    const clock = { advance: () => Promise.reject(new Error('read only')) }
    expect(await problemsOf({ clock }, [waiting])).toEqual(
      invalid('The target failed at clock.advance: Error: read only'),
    )
  })

  it('whose observer looks somewhere else is named', async () => {
    const observer = () => ({ rows: async () => [] })
    expect(await problemsOf({ observer })).toEqual(invalid('The observer does not see what was written'))
  })

  it('whose clock says that it was turned, and was not, is named', async () => {
    const clock = { advance: async () => {} }
    expect(await problemsOf({ clock })).toEqual(
      invalid('neither a lease nor an idempotency record has ended'),
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

  it('that forgets to close what it opened is named, and not the store', async () => {
    expect(await problemsOf({ destroy: async () => {} })).toEqual(
      invalid('destroy left the store open: it still answers.'),
    )
    const faulty = faultyStores.find(({ defect }) => defect === 'A closed store goes on.')
    expect(await problemsOf(createFaultyTarget(good, faulty as FaultyStore))).toMatchObject({
      problem: undefined,
    })
  })

  it('whose store never answers is named, before every case has waited for it', async () => {
    const open: Target['open'] = async (universe) => {
      const instance = await good.open(universe)
      return { ...instance, store: { ...instance.store, transaction: () => new Promise(() => {}) } }
    }
    const members = { open, observer: undefined as never, clock: undefined as never }
    expect(await problemsOf(members)).toEqual(invalid('did not end looking whether it is empty'))
    expect(await problemsOf({ open, clock: undefined as never })).toEqual(
      invalid('The store did not answer the first transaction within 60 ms'),
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
    const destroy: Target['destroy'] = ({ store }) => store.close()
    const members = { open, destroy, observer: undefined as never, clock: undefined as never }
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
