import type { AnomalyKind } from '../../src/history/anomalies.ts'

interface BadHistory {
  readonly history: string
  /** All that is wrong with it. */
  readonly kinds: readonly AnomalyKind[]
  /** The proof of the first. */
  readonly proof: string
}

/** Histories that no order explains, each as short as it can be. */
export const bad: Readonly<Record<string, BadHistory>> = {
  'a version that nobody wrote': {
    history: `
      T0 1-2: write x1
      T1 3-4: read x2 of T0`,
    kinds: ['made-up read'],
    proof: 'T1 read version 2 of x by T0, which never wrote it',
  },
  'what was undone': {
    history: `
      T0 1-2: write x1
      T1 3-6 undone: read x1 of T0, write x2
      T2 4-5: read x2 of T1`,
    kinds: ['aborted read'],
    proof: 'T2 read version 2 of x by T1, which was undone',
  },
  'what was undone, by one that is undone itself': {
    history: `
      T0 1-2: write x1
      T1 3-6 undone: write x2
      T2 4-5 undone: read x2 of T1`,
    kinds: ['aborted read'],
    proof: 'T2 read version 2 of x by T1, which was undone',
  },
  'a version on its way': {
    history: `
      T0 1-2: write x1
      T1 3-6: write x2, write x3
      T2 4-5: read x2 of T1`,
    // After T1, of which it read something, and before it, as what it read was replaced.
    kinds: ['intermediate read', 'read skew'],
    proof: 'T2 read version 2 of x, which T1 replaced before it ended',
  },
  'a commit that was not seen': {
    history: `
      T0 1-2: write x1
      T1 3-4: read x1 of T0, write x2
      T2 5-6: read x1 of T0`,
    kinds: ['stale read'],
    proof: 'T2 read version 1 of x, although T1 had replaced it, and ended, before T2 began',
  },
  'two that both replaced one version': {
    history: `
      T0 1-2: write x1
      T1 3-6: read x1 of T0, write x2
      T2 4-5: read x1 of T0, write x2`,
    kinds: ['lost update'],
    proof: 'T1 and T2 have both written version 2 of x, and both were committed',
  },
  'a version on top of one that was undone': {
    history: `
      T0 1-2: write x1
      T1 3-6 undone: write x2
      T2 4-5: write x3`,
    kinds: ['dirty write'],
    proof: 'T2 replaced version 2 of x, which nobody has committed',
  },
  'two that each replaced what the other one wrote': {
    history: `
      T0 1-2: write x1, write y1
      T1 3-6: write x2, write y3
      T2 4-5: write x3, write y2`,
    kinds: ['dirty write'],
    proof:
      'T2 comes before T1, as T1 replaced version 2 of y, which T2 wrote; ' +
      'T1 comes before T2, as T2 replaced version 2 of x, which T1 wrote: no order of them is possible',
  },
  'two that each read what the other one wrote': {
    history: `
      T0 1-2: write x1, write y1
      T1 3-6: write x2, read y2 of T2
      T2 4-5: write y2, read x2 of T1`,
    kinds: ['circular information flow'],
    proof:
      'T2 comes before T1, as T1 read version 2 of y, which T2 wrote; ' +
      'T1 comes before T2, as T2 read version 2 of x, which T1 wrote: no order of them is possible',
  },
  'a read of what began only later': {
    history: `
      T0 1-2: write x1
      T1 3-4: read x2 of T2
      T2 5-6: write x2`,
    kinds: ['circular information flow'],
    proof:
      'T2 comes before T1, as T1 read version 2 of x, which T2 wrote; ' +
      'T1 comes before T2, as it had ended when T2 began: no order of them is possible',
  },
  'one record before a commit, and one after it': {
    history: `
      T0 1-2: write x1, write y1
      T1 3-6: read x1 of T0, read y2 of T2
      T2 4-5: write x2, write y2`,
    kinds: ['read skew'],
    proof:
      'T1 comes before T2, as T1 read version 1 of x, and that T2 replaced; ' +
      'T2 comes before T1, as T1 read version 2 of y, which T2 wrote: no order of them is possible',
  },
  'one record before a commit, guarded, and one after it': {
    history: `
      T0 1-2: write x1, write y1
      T1 3-6: read x1 of T0, read y2 of T2, guard x1 of T0
      T2 4-5: write x2, write y2`,
    kinds: ['guarded read skew'],
    proof:
      'T1 comes before T2, as T1 read version 1 of x and guarded it, and that T2 replaced; ' +
      'T2 comes before T1, as T1 read version 2 of y, which T2 wrote: no order of them is possible',
  },
  'a guard of what was replaced before it began': {
    history: `
      T0 1-2: write x1
      T1 3-4: write x2
      T2 5-6: guard x1 of T0`,
    kinds: ['stale read', 'guarded read skew'],
    proof: 'T2 read version 1 of x, although T1 had replaced it, and ended, before T2 began',
  },
  'a guard of what was replaced before it came to commit': {
    history: `
      T0 1-2: write x1
      T1 3-6-7: read x1 of T0, guard x1 of T0
      T2 4-5: write x2`,
    kinds: ['stale guard'],
    proof:
      'T1 was committed with a guard of version 1 of x, although T2 had replaced it, and ended, before T1 came to commit',
  },
  'two that each decided on what the other one wrote': {
    history: `
      T0 1-2: write x1, write y1
      T1 3-6: read x1 of T0, read y1 of T0, write x2
      T2 4-5: read x1 of T0, read y1 of T0, write y2`,
    kinds: ['write skew'],
    proof:
      'T1 comes before T2, as T1 read version 1 of y, and that T2 replaced; ' +
      'T2 comes before T1, as T2 read version 1 of x, and that T1 replaced: no order of them is possible',
  },
  'three that each guarded what the next one wrote': {
    history: `
      T0 1-2: write x1, write y1, write z1
      T1 3-8: guard y1 of T0, write x2
      T2 4-7: guard z1 of T0, write y2
      T3 5-6: guard x1 of T0, write z2`,
    kinds: ['guarded write skew'],
    proof:
      'T1 comes before T2, as T1 read version 1 of y and guarded it, and that T2 replaced; ' +
      'T2 comes before T3, as T2 read version 1 of z and guarded it, and that T3 replaced; ' +
      'T3 comes before T1, as T3 read version 1 of x and guarded it, and that T1 replaced: no order of them is possible',
  },
  'two that each found nothing, and each created what the other one looked for': {
    history: `
      T1 1-4: read x0, write y1
      T2 2-3: read y0, write x1`,
    kinds: ['write skew'],
    proof:
      'T1 comes before T2, as T1 found no x, which T2 created; ' +
      'T2 comes before T1, as T2 found no y, which T1 created: no order of them is possible',
  },
  'the shortest of two cycles': {
    history: `
      T0 1-2: write v1, write w1, write x1, write y1, write z1
      T1 3-10: guard y1 of T0, write x2
      T2 4-9: guard z1 of T0, write y2
      T3 5-8: guard x1 of T0, write z2
      T4 6-7: guard w1 of T0, write v2
      T5 6-7: guard v1 of T0, write w2`,
    kinds: ['guarded write skew'],
    proof:
      'T4 comes before T5, as T4 read version 1 of w and guarded it, and that T5 replaced; ' +
      'T5 comes before T4, as T5 read version 1 of v and guarded it, and that T4 replaced: no order of them is possible',
  },
}
