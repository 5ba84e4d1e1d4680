import type { Group } from '@user-engine/store'

import type { Budget } from '../budget.ts'
import type { Case, CaseContext } from '../case.ts'
import { claims } from './claims.ts'
import { joins } from './joins.ts'
import { judgeHistories } from './judge.ts'
import { lastIdentity } from './last-identity.ts'
import { publications } from './publications.ts'
import { createRecorder, UNDO, type Notes, type Place, type Recorder } from './record.ts'
import { createRegisters, readAll, type Registers } from './registers.ts'
import { relays } from './relays.ts'
import { ring } from './ring.ts'
import { openRounds, type Turn, type Work } from './rounds.ts'
import { scripts } from './scripts.ts'

/** Who of four decides when, and whether guards come before that: all at once, or two on what is not so any more. */
const PATTERNS: readonly { readonly turns: readonly Turn[]; readonly guards: 'before' | 'after' }[] = [
  { turns: ['between', 'between', 'between', 'between'], guards: 'before' },
  { turns: ['between', 'between', 'between', 'between'], guards: 'after' },
  { turns: ['early', 'between', 'between', 'late'], guards: 'after' },
]
const ROUNDS: Readonly<Record<Budget, number>> = { smoke: 40, full: 120 }

/** What a transaction does with each record that it reads: nothing, one of these, or two updates. */
type Use = 'read' | 'guard' | 'update' | 'update twice'
const USES: readonly Use[] = ['read', 'guard', 'guard', 'guard', 'update', 'update', 'update', 'update twice']

function drawWork(
  ctx: CaseContext,
  recorder: Recorder,
  { scope, places }: Registers,
  guards: 'before' | 'after',
): Work {
  const { random } = ctx
  const plan = random
    .shuffle(places)
    .slice(0, 1 + random.below(places.length))
    .map((place) => ({ place, use: USES[random.below(USES.length)] ?? 'read' }))
  const order = random.shuffle(plan)
  const undone = random.below(8) === 0
  return async (store, meet) => {
    await recorder.run(store, scope, async (notes) => {
      const found = new Map<Place, Group | null>()
      for (const { place } of plan) found.set(place, await notes.find(place))
      const useAll = async (wanted: (use: Use) => boolean) => {
        for (const { place, use: one } of order) {
          const read = found.get(place) ?? null
          if (read !== null && wanted(one)) await use(ctx, notes, place, one, read)
        }
      }
      const isFirst = (one: Use) => one === 'guard' && guards === 'before'
      await useAll(isFirst)
      await meet()
      await useAll((one) => !isFirst(one))
      if (undone) throw UNDO
    })
  }
}

async function use(
  ctx: CaseContext,
  notes: Notes,
  place: Place<Group>,
  one: Use,
  read: Group,
): Promise<void> {
  if (one === 'guard') await notes.guard(place, read)
  if (one === 'update' || one === 'update twice') {
    const next = ctx.make.next(read)
    await notes.update(place, next)
    if (one === 'update twice') await notes.update(place, ctx.make.next(next))
  }
}

const { also, recheck, judge } = judgeHistories('UE-HISTORY-001')

export const histories: readonly Case[] = [
  ...scripts,
  {
    id: 'UE-HISTORY-001/registers',
    title:
      'Six at a time read, guard and replace one to four of four records, and an order explains what each saw',
    also,
    recheck,
    preconditions: ['every record was replaced often'],
    async run(ctx) {
      const recorder = createRecorder()
      const registers = await createRegisters(ctx, recorder, 4)
      const rounds = ROUNDS[ctx.budget]
      const play = await openRounds(ctx)
      for (let round = 0; round < rounds; round += 1) {
        const { turns, guards } = PATTERNS[round % PATTERNS.length] as (typeof PATTERNS)[number]
        await play(turns.map((turn) => ({ turn, work: drawWork(ctx, recorder, registers, guards) })))
      }
      await readAll(ctx, recorder, registers)
      const history = recorder.history()
      judge(ctx, history)
      const last = history.at(-1)?.steps ?? []
      ctx.precondition(
        'every record was replaced often',
        registers.places.every(({ name }) =>
          last.some(({ record, version }) => record === name && version > rounds / 4),
        ),
      )
    },
  },
  ...ring,
  ...claims,
  ...lastIdentity,
  ...joins,
  ...publications,
  ...relays,
]
