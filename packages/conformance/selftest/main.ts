import { faultyStores, findGaps, selftest } from '../src/faulty.ts'
import { storeCases } from '../src/index.ts'
import { createMemoryTarget } from '../test/memory-target.ts'

/**
 * The kit against its faulty stores, made of the memory store. A defect that shows only in a crash, a cut connection or a
 * migration can't be made of it: those are named as untried, and so is what they would watch.
 */
const kills = await selftest(
  createMemoryTarget(),
  { cases: storeCases },
  ({ faulty, result, caseId, observation }) => {
    console.log(
      `${result.padEnd(9)} ${faulty.breaks.padEnd(20)} ${faulty.name}${caseId === null ? '' : ` by ${caseId}`}`,
    )
    if (result === 'astray') console.log(`          ${observation ?? ''}`)
  },
)
const count = (wanted: string) => kills.filter(({ result }) => result === wanted).length
const untried = new Set(kills.flatMap(({ faulty, result }) => (result === 'untried' ? [faulty.breaks] : [])))
const gaps = findGaps(kills)
const unwatched = gaps.filter((id) => !untried.has(id))
for (const id of unwatched) console.log(`unwatched ${id}: no faulty store breaks it`)
console.log(
  `${count('killed')} of ${faultyStores.length} faulty stores found by the promise that they break, ` +
    `${count('survived')} not found, ${count('astray')} led astray, ${count('untried')} untried without a server; ` +
    `${unwatched.length} promises unwatched, ${gaps.length - unwatched.length} untried`,
)
process.exit(count('survived') + count('astray') + unwatched.length === 0 ? 0 : 1)
