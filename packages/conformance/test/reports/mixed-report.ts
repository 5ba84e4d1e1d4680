import { runConformance, type Report } from '../../src/index.ts'
import { createMemoryTarget } from '../../src/demo/memory-target.ts'
import { soundCase, toyCase } from '../toy-cases.ts'

/** What a store could say that is markup, or no text at all, to those who print it. */
export const HOSTILE =
  'less < than & "quoted" ]]> \u0000\uD800 <img src=x onerror=alert(1)> | **bold** [a](javascript:alert(1)) ``` # end'

/** One case of each kind that a report has to tell apart. */
export const mixedReport: Report = await runConformance(createMemoryTarget(), {
  profiles: ['store-core'],
  deviations: [{ case: 'UE-ERROR-001/known', issue: 'https://example.com/7', expires: '2999-01-01' }],
  cases: [
    soundCase,
    toyCase(
      async (ctx) => {
        ctx.keepScript([1, 2], ['insert <user> 1', 'find ``` 2'])
        ctx.must('UE-AUDIT-001', false, HOSTILE)
      },
      { id: 'UE-AUDIT-001/fails', title: 'A title of <b>its own</b>' },
    ),
    toyCase(() => Promise.reject(new TypeError('broken')), { id: 'UE-AUDIT-002/breaks' }),
    toyCase(async () => {}, { id: 'UE-AUDIT-003/vacuous' }),
    toyCase(soundCase.run, { id: 'UE-AUDIT-004/crashes', needs: ['faults.crash'] }),
    toyCase(async (ctx) => ctx.must('UE-ERROR-001', false, 'as known'), { id: 'UE-ERROR-001/known' }),
  ],
})
