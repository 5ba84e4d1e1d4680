/** Histories in which nothing is wrong at any isolation, by what they could be mistaken for. */
export const good: Readonly<Record<string, string>> = {
  'one after the other': `
    T0 1-2: write x1, write y1
    T1 3-4: read x1 of T0, write x2
    T2 5-6: read x2 of T1, guard x2 of T1, write y2
    T3 7-8: guard x2 of T1, guard y2 of T2`,
  'at the same time, on records that have nothing to do with each other': `
    T0 1-2: write x1, write y1
    T1 3-6: read x1 of T0, write x2
    T2 4-5: read y1 of T0, write y2`,
  'a reader that overlaps with a writer, and comes before it': `
    T0 1-2: write x1
    T1 3-6: read x1 of T0, guard x1 of T0
    T2 4-5: read x1 of T0, write x2`,
  'a guard of what is replaced only after it came to commit': `
    T0 1-2: write x1
    T1 3-5-8: read x1 of T0, guard x1 of T0
    T2 4-6-7: read x1 of T0, write x2`,
  'what is undone is read by its own transaction': `
    T0 1-2: write x1
    T1 3-4 undone: write x2, read x2 of T1, write x3, read x3 of T1
    T2 5-6: read x1 of T0, write x2`,
  'the same version, which was undone before it was committed by another': `
    T0 1-2: write x1
    T1 3-6 undone: read x1 of T0, write x2
    T2 4-5: read x1 of T0, write x2
    T3 7-8: read x2 of T2`,
  'two versions in one transaction, of which others see the last': `
    T0 1-2: write x1
    T1 3-4: write x2, write x3
    T2 5-6: read x3 of T1, write x4`,
  'an unknown outcome that others have seen': `
    T0 1-2: write x1
    T1 3-4 unknown: read x1 of T0, write x2
    T2 5-6: read x2 of T1, write x3`,
  'an unknown outcome that nobody has seen': `
    T0 1-2: write x1
    T1 3-4 unknown: read x1 of T0, write x2
    T2 5-6: read x1 of T0, write x2`,
  'a record that is not there, and then is': `
    T1 1-4: read x0, write x1
    T2 2-3: read x0
    T3 5-6: read x1 of T1`,
  'a commit that a transaction which began before sees': `
    T0 1-2: write x1
    T1 3-6: read x2 of T2
    T2 4-5: read x1 of T0, write x2`,
}
