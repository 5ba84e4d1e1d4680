import { faultyStores, findGaps, selftest } from '../src/faulty.ts'
import { createServedTarget } from '../test/served-target.ts'

/** The kit against each faulty store, made of a good one that has every power, so that none stays untried. */
const kills = await selftest(createServedTarget(), {}, ({ faulty, result, caseId, observation }) => {
  const by = caseId === null ? '' : ` by ${caseId}`
  console.log(`${result.padEnd(9)} ${faulty.breaks.padEnd(20)} ${faulty.name}${by}`)
  if (result === 'astray') console.log(`          ${observation ?? ''}`)
})
const count = (wanted: string) => kills.filter(({ result }) => result === wanted).length
const gaps = findGaps(kills)
for (const id of gaps) console.log(`unwatched ${id}: no faulty store breaks it`)
console.log(
  `${count('killed')} of ${faultyStores.length} faulty stores found by the promise that they break, ` +
    `${count('survived')} not found, ${count('astray')} led astray, ${count('untried')} untried; ` +
    `${gaps.length} stable promises of a store unwatched`,
)
process.exit(count('killed') === faultyStores.length && gaps.length === 0 ? 0 : 1)
