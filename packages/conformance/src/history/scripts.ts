import type { Case } from '../case.ts'
import { findAnomalies, isLegal, type AnomalyKind } from './anomalies.ts'
import { interleave, parseActs } from './interleave.ts'
import { judgeHistories } from './judge.ts'
import { createRecorder } from './record.ts'
import { createRegisters, readAll } from './registers.ts'

interface Script {
  readonly name: string
  readonly title: string
  readonly acts: string
  /** What it would be, where the store let it happen. */
  readonly kind: AnomalyKind
}

/** Each anomaly as the shortest script that brings it about, as in Hermitage. */
const SCRIPTS: readonly Script[] = [
  {
    name: 'dirty-write',
    title: 'Two transactions that write the same two records do not each keep one of them',
    kind: 'lost update',
    acts: '1 read a, 1 read b, 2 read a, 2 read b, 1 write a, 2 write a, 2 write b, 1 write b, 1 commit, 2 commit',
  },
  {
    name: 'aborted-read',
    title: 'What is undone was read by nobody',
    kind: 'aborted read',
    acts: '1 read a, 1 write a, 2 read a, 1 undo, 2 read a, 2 commit',
  },
  {
    name: 'intermediate-read',
    title: 'What is replaced by its own transaction was read by nobody else',
    kind: 'intermediate read',
    acts: '1 read a, 1 write a, 2 read a, 1 write a, 1 commit, 2 read a, 2 commit',
  },
  {
    name: 'circular-information-flow',
    title: 'Of two transactions at the same time not each reads what the other one writes',
    kind: 'circular information flow',
    acts: '1 read a, 2 read b, 1 write a, 2 write b, 1 read b, 2 read a, 1 commit, 2 commit',
  },
  {
    name: 'lost-update',
    title: 'Of two transactions that read and replace the same version one is refused',
    kind: 'lost update',
    acts: '1 read a, 2 read a, 1 write a, 2 write a, 1 commit, 2 commit',
  },
  {
    name: 'stale-read',
    title: 'A transaction that begins after a commit reads what that has left, by each handle',
    kind: 'stale read',
    acts: '2 read a, 1 read a, 1 write a, 1 commit, 4 read a, 4 write a, 4 commit, 3 read a, 3 commit, 2 read a, 2 commit',
  },
  {
    name: 'read-skew',
    title:
      'Two records of which one is read before and one after a commit are as the declared isolation has it',
    kind: 'read skew',
    acts: '1 read a, 2 read a, 2 read b, 2 write a, 2 write b, 2 commit, 1 read b, 1 commit',
  },
  {
    name: 'guarded-read-skew',
    title: 'Who has guarded a record, and reads another one that was replaced together with it, is refused',
    kind: 'guarded read skew',
    acts: '1 read a, 1 guard a, 2 read a, 2 read b, 2 write a, 2 write b, 2 commit, 1 read b, 1 commit',
  },
  {
    name: 'guarded-by-who-writes',
    title:
      'Who guards a record that another one has guarded, and then replaces it, leaves that one no false guard',
    kind: 'guarded read skew',
    acts:
      '1 read a, 1 guard a, 2 read a, 2 read b, 2 guard a, 2 write a, 2 write b, 2 commit, ' +
      '1 read b, 1 commit',
  },
  {
    name: 'late-guard',
    title: 'Who guards only after a commit what was read before it is refused',
    kind: 'guarded read skew',
    acts: '1 read a, 2 read a, 2 read b, 2 write a, 2 write b, 2 commit, 1 read b, 1 guard a, 1 guard b, 1 commit',
  },
  {
    name: 'every-guard',
    title: 'Of several guards each one counts, the first as well as the last',
    kind: 'guarded read skew',
    acts: '1 read a, 1 read b, 1 guard a, 1 guard b, 2 read a, 2 read c, 2 write a, 2 write c, 2 commit, 1 read c, 1 commit',
  },
  {
    name: 'write-skew',
    title:
      'Two transactions that each decide on what the other one writes are as the declared isolation has it',
    kind: 'write skew',
    acts: '1 read a, 1 read b, 2 read a, 2 read b, 1 write a, 2 write b, 1 commit, 2 commit',
  },
  {
    name: 'guarded-write-skew',
    title: 'Two transactions that each guard what the other one writes do not both commit',
    kind: 'guarded write skew',
    acts: '1 read a, 1 read b, 2 read a, 2 read b, 1 guard b, 2 guard a, 1 write a, 2 write b, 1 commit, 2 commit',
  },
  {
    name: 'guarded-ring',
    title: 'Of three transactions that each guard what the next one writes one is refused',
    kind: 'guarded write skew',
    acts:
      '1 read a, 1 read b, 2 read b, 2 read c, 3 read c, 3 read a, 1 guard b, 2 guard c, 3 guard a, ' +
      '1 write a, 2 write b, 3 write c, 1 commit, 2 commit, 3 commit',
  },
]

const { also, recheck, judge } = judgeHistories('UE-HISTORY-001')

export const scripts: readonly Case[] = SCRIPTS.map(({ name, title, acts, kind }): Case => ({
  id: `UE-HISTORY-001/${name}`,
  title,
  also,
  budget: 'smoke',
  recheck,
  preconditions: ['something was committed'],
  async run(ctx) {
    const recorder = createRecorder()
    const registers = await createRegisters(ctx, recorder, 3)
    await interleave(ctx, recorder, registers, parseActs(acts))
    await readAll(ctx, recorder, registers)
    const history = recorder.history()
    const scripted = history.slice(1, -1)
    ctx.precondition(
      'something was committed',
      scripted.some(({ outcome }) => outcome === 'committed'),
    )
    judge(ctx, history)
    const legal = findAnomalies(history).filter((one) => isLegal(one, ctx.capabilities.isolation))
    const seen = legal.some((one) => one.kind === kind)
      ? 'seen, as the declared isolation allows'
      : 'not seen'
    ctx.note(`${kind}: ${seen}`)
  },
}))
