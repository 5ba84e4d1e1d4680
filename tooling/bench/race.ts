import { readCpu, usedBetween } from './machine.ts'

/** How long and how often, and when to leave off. */
export interface Pace {
  readonly seconds: number
  readonly reps: number
  /** By `performance.now()`. A race that has begun has one repetition at least; one that has not is not run. */
  readonly deadline: number
}

/** What one cell came to. Times of one operation in ms, CPU of one operation in µs. */
export interface Cell {
  readonly perSecond: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly clientUs: number | null
  readonly serverUs: number | null
  /** CPU that neither side of the cell used, in cores: what the machine did besides. */
  readonly othersCores: number | null
}

export interface Contestant {
  readonly name: string
  /** Once, before anything is measured. */
  warm(callers: number): Promise<void>
  measure(callers: number, seconds: number): Promise<Cell>
}

/** What user-engine is to reach against a contestant: its rate divided by theirs. */
export type Goals = Readonly<Record<string, number>>

export interface RaceResult {
  readonly title: string
  /** What one operation is called, e.g. `users`. */
  readonly unit: string
  readonly callers: number
  readonly contestants: readonly { readonly name: string; readonly cells: readonly Cell[] }[]
  readonly goals: Goals
  /** Contestants who do by hand what user-engine does: the best of them is what it could come to at the most. */
  readonly byHand?: readonly string[]
  /** Contestants who failed, and at what: they took no further turns. */
  readonly droppedOut?: readonly string[]
}

export interface Race {
  readonly title: string
  readonly unit: string
  readonly callers: number
  /** The first one is user-engine. */
  readonly contestants: readonly Contestant[]
  readonly goals: Goals
  readonly byHand?: readonly string[]
}

/** Whether the time is over, with what to say of that which is therefore not measured. */
export function isLate({ deadline }: Pace, what: string, notMeasured: string[]): boolean {
  const late = performance.now() > deadline
  if (late) notMeasured.push(`${what}: the time was over`)
  return late
}

/** All contestants in turn, again and again, each time in the other direction, so that a drift falls on all alike. */
export async function run(race: Race, { seconds, reps, deadline }: Pace): Promise<RaceResult> {
  const cells = new Map<string, Cell[]>(race.contestants.map(({ name }) => [name, []]))
  const droppedOut = new Map<Contestant, string>()
  /** A peer that fails, e.g. because a statement took it too long, ends nobody else's race. */
  const take = async (each: Contestant, turn: () => Promise<void>) => {
    if (droppedOut.has(each)) return
    await turn().catch((error: unknown) => {
      if (each === race.contestants[0]) throw error
      droppedOut.set(each, `${each.name}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  for (const each of race.contestants) await take(each, () => each.warm(race.callers))
  for (let rep = 0; rep < reps; rep += 1) {
    if (rep > 0 && performance.now() > deadline) break
    const order = rep % 2 === 0 ? race.contestants : race.contestants.toReversed()
    for (const each of order) {
      await take(each, async () => void cells.get(each.name)?.push(await each.measure(race.callers, seconds)))
    }
  }
  const { title, unit, callers, goals, byHand = [] } = race
  const contestants = [...cells]
    .map(([name, measured]) => ({ name, cells: measured }))
    .filter(({ cells: measured }) => measured.length > 0)
  return { title, unit, callers, contestants, goals, byHand, droppedOut: [...droppedOut.values()] }
}

/** A server runs for days: what a runtime compiles, and what each session plans, in its first thousands of operations is no part of it. */
const WARM_SECONDS = 6
/** Before each cell: while the others had their turns, caches were emptied, and the runtime took back what it had compiled. */
const LEAD_SECONDS = 1

/** A contestant whose callers each do one operation after the other. */
export function closedLoop(name: string, operate: () => Promise<unknown>, serverPid: number): Contestant {
  const work = async (callers: number, seconds: number): Promise<readonly number[]> => {
    const took: number[] = []
    const end = performance.now() + seconds * 1000
    const caller = async () => {
      for (let now = performance.now(); now < end;) {
        await operate()
        const done = performance.now()
        took.push(done - now)
        now = done
      }
    }
    // None is under way any more when another contestant has its turn.
    const ends = await Promise.allSettled(Array.from({ length: callers }, caller))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return took
  }
  return {
    name,
    warm: async (callers) => void (await work(callers, WARM_SECONDS)),
    async measure(callers, seconds) {
      await work(callers, LEAD_SECONDS)
      const before = readCpu(serverPid)
      const started = performance.now()
      const took = await work(callers, seconds)
      return cellOf(took.length, performance.now() - started, usedBetween(before, readCpu(serverPid)), took)
    },
  }
}

/** A contestant who does a given amount of work to its end. `prepare` comes before the clock starts. */
export function toTheEnd<Prepared>(
  name: string,
  prepare: () => Promise<Prepared>,
  work: (prepared: Prepared, callers: number) => Promise<number>,
  leave: (prepared: Prepared) => Promise<void>,
  serverPid: number,
): Contestant {
  return {
    name,
    warm: async () => {},
    async measure(callers) {
      const prepared = await prepare()
      try {
        const before = readCpu(serverPid)
        const started = performance.now()
        const done = await work(prepared, callers)
        return cellOf(done, performance.now() - started, usedBetween(before, readCpu(serverPid)), [])
      } finally {
        await leave(prepared)
      }
    },
  }
}

export function cellOf(
  done: number,
  elapsedMs: number,
  used: ReturnType<typeof usedBetween>,
  took: readonly number[],
): Cell {
  const each = (seconds: number | null) => (seconds === null ? null : (seconds * 1e6) / Math.max(done, 1))
  const sorted = took.toSorted((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? null
  return {
    perSecond: (done * 1000) / elapsedMs,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    clientUs: each(used.clientSeconds),
    serverUs: each(used.serverSeconds),
    othersCores: used.othersSeconds === null ? null : used.othersSeconds / (elapsedMs / 1000),
  }
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN }
}

/** One contestant's figures, by default the first one's, divided by another's, repetition by repetition: both ran within seconds. */
export function ratiosOf(
  { contestants }: RaceResult,
  against: string,
  figure: (cell: Cell) => number | null,
  of = contestants[0]?.name,
): Spread | null {
  const one = contestants.find(({ name }) => name === of)
  const other = contestants.find(({ name }) => name === against)
  const ratios = (one?.cells ?? []).map((cell, rep) => {
    const theirs = other?.cells[rep]
    const ours = figure(cell)
    const other_ = theirs === undefined ? null : figure(theirs)
    return ours === null || other_ === null ? null : ours / other_
  })
  const known = ratios.filter((ratio) => ratio !== null)
  return known.length === 0 ? null : spreadOf(known)
}
