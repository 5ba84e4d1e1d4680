import { TEXTS } from './alphabet.ts'
import type { Emphasis } from './generate.ts'
import type { Script } from './script.ts'

const PLAIN = { again: false, like: false, stray: false } as const

/** Scripts on which a store that was thought to be right once parted from the model, shrunk. They are played first. */
export const regressions: Readonly<Record<Emphasis, readonly Script[]>> = {
  work: [
    // Text that can't be kept was found when it was sent, and took the transaction around it along.
    [
      {
        do: 'transaction',
        scope: 4,
        handle: 0,
        limit: 3,
        end: 'resolve',
        swallow: false,
        body: [
          {
            do: 'nested',
            caught: true,
            end: 'resolve',
            swallow: false,
            body: [
              {
                do: 'insert',
                kind: 'group',
                draft: { slot: 0, text: TEXTS.indexOf('key\0'), of: 0, state: 0 },
                ...PLAIN,
              },
            ],
          },
          { do: 'insert', kind: 'group', draft: { slot: 1, text: 0, of: 0, state: 0 }, ...PLAIN },
        ],
      },
    ],
    // An account that a nested transaction gave to another user was found by the first one still.
    [
      {
        do: 'transaction',
        scope: 2,
        handle: 0,
        limit: 1,
        end: 'resolve',
        swallow: false,
        body: [
          {
            do: 'insert',
            kind: 'tenant_account',
            draft: { slot: 1, text: 0, of: 0, state: 0 },
            ...PLAIN,
          },
          {
            do: 'nested',
            caught: true,
            end: 'throw',
            swallow: false,
            body: [
              {
                do: 'update',
                kind: 'tenant_account',
                pick: 0,
                draft: { slot: 1, text: 2, of: 1, state: 0 },
                version: 'next',
                stray: false,
              },
              { do: 'look', limit: 5 },
            ],
          },
        ],
      },
    ],
    // Values of an application that is not there were in the facts of a profile.
    [
      {
        do: 'transaction',
        scope: 4,
        handle: 0,
        limit: 2,
        end: 'resolve',
        swallow: false,
        body: [
          {
            do: 'insert',
            kind: 'profile_value',
            draft: { slot: 2, text: 8, of: 3, state: 0 },
            ...PLAIN,
          },
        ],
      },
    ],
  ],
  relay: [],
  time: [
    // An idempotency record that had run out was counted still.
    [
      {
        do: 'transaction',
        scope: 0,
        handle: 0,
        limit: 3,
        end: 'resolve',
        swallow: false,
        body: [{ do: 'answer', actor: 0, text: 0, short: true, again: false, stray: false }],
      },
      { do: 'elapse' },
    ],
  ],
}
