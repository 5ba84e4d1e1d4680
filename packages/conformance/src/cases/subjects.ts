import { directoryScope, type ExternalIdentity, type SubjectQuery } from '@user-engine/store'

import type { Case, CaseContext } from '../case.ts'
import { asking, BOTH_FORMS } from './sign-in.ts'

/** Subjects that a store which folds, trims, normalises or matches patterns takes for one another. */
export const LOOKALIKES: readonly (readonly [name: string, subject: string])[] = [
  ['lower case', 'ismail-istanbul'],
  ['upper case', 'ISMAIL-ISTANBUL'],
  ['mixed case', 'Ismail-Istanbul'],
  ['a Turkish dotless i', 'ısmail-istanbul'],
  ['a Turkish dotted I', 'İsmail-istanbul'],
  ['a space before', ' ismail-istanbul'],
  ['a space behind', 'ismail-istanbul '],
  ['a no-break space behind', 'ismail-istanbul\u00A0'],
  ['a zero-width space', 'ismail\u200B-istanbul'],
  ['a zero-width joiner', 'ismail\u200D-istanbul'],
  ['a soft hyphen', 'ismail\u00AD-istanbul'],
  ['a byte order mark', '\uFEFFismail-istanbul'],
  ['a composed letter', 'caf\u00E9'],
  ['a decomposed letter', 'cafe\u0301'],
  ['a full-width letter', '\uFF43afe'],
  ['a sharp s', 'straße'],
  ['two letters s', 'strasse'],
  ['a Cyrillic letter', 'ismаil-istanbul'],
  ['a per cent sign', 'ismail%'],
  ['an underscore', 'ismail_istanbul'],
  ['a backslash', 'ismail\\istanbul'],
  ['an escaped backslash', 'ismail\\\\istanbul'],
  ['a quote', "ismail'istanbul"],
  ['two quotes', "ismail''istanbul"],
  ['the name of a prototype', '__proto__'],
  ['the name of a constructor', 'constructor'],
  ['an astral character', 'ismail-\u{1F9D1}'],
  ['a longer emoji', 'ismail-\u{1F9D1}\u{1F3FD}'],
  ['a number', '1'],
  ['a padded number', '01'],
]

/** What a store puts between two texts that it keeps as one. */
export const SEPARATORS = ['|', ':', '/', '#', ' ', ',', '.', '-', '_', '\t', '\n', '\u0001', '\u001F', '","']

/** Each of somebody else. */
export async function linkAll(ctx: CaseContext, queries: readonly Omit<SubjectQuery, 'scopeId'>[]) {
  const linked: ExternalIdentity[] = []
  for (const { issuer, subject } of queries) {
    const user = ctx.make.user()
    const identity = ctx.make.externalIdentity({ userId: user.id, issuer, subject })
    await ctx.commit(directoryScope(), async (tx) => {
      await tx.users.insert(user)
      await tx.externalIdentities.insert(identity)
    })
    linked.push(identity)
  }
  return linked
}

export const subjects: readonly Case[] = [
  {
    id: 'UE-IDENTITY-003/subjects',
    title: 'Subjects that look alike are linked beside each other, and each finds its own user',
    async run(ctx) {
      const issuer = 'https://issuer.example'
      const linked = await linkAll(
        ctx,
        LOOKALIKES.map(([, subject]) => ({ issuer, subject })),
      )
      for (const [index, [name]] of LOOKALIKES.entries()) {
        const identity = linked[index]
        if (identity === undefined) throw new Error('one was not linked')
        const found = await ctx.commit(directoryScope(), (tx) => tx.externalIdentities.findLinked(identity))
        ctx.equal('UE-IDENTITY-003', found, identity, `the identity with ${name}`)
        for (const [form, withProfile] of BOTH_FORMS) {
          const signIn = await ctx.commit(directoryScope(), (tx) =>
            tx.externalIdentities.resolve(asking(identity, withProfile)),
          )
          ctx.equal('UE-IDENTITY-003', signIn.user?.id, identity.userId, `the user with ${name}, ${form}`)
        }
      }
    },
  },
  {
    id: 'UE-IDENTITY-003/near-misses',
    title: 'A subject is not found by what only looks like it',
    preconditions: ['each is found by itself'],
    async run(ctx) {
      const issuer = 'https://issuer.example'
      const [identity] = await linkAll(ctx, [{ issuer, subject: 'ismail-istanbul' }])
      if (identity === undefined) throw new Error('it was not linked')
      const find = (query: SubjectQuery) =>
        ctx.commit(directoryScope(), (tx) => tx.externalIdentities.findLinked(query))
      ctx.precondition('each is found by itself', (await find(identity)) !== null)
      const patterns = ['ismail%', '%', 'ismail_istanbul', 'ismail-istanbu', 'ismail-istanbull', '']
      for (const subject of [...LOOKALIKES.map(([, one]) => one), ...patterns]) {
        if (subject === identity.subject) continue
        const found = await find({ ...identity, subject })
        ctx.equal(
          'UE-IDENTITY-003',
          found,
          null,
          `what is found by another text of ${subject.length} characters`,
        )
      }
      for (const other of [
        'https://issuer.example/',
        'https://ISSUER.example',
        'http://issuer.example',
        '',
      ]) {
        const found = await find({ ...identity, issuer: other })
        ctx.equal(
          'UE-IDENTITY-003',
          found,
          null,
          `what is found by another issuer of ${other.length} characters`,
        )
      }
    },
  },
  {
    id: 'UE-IDENTITY-003/issuers',
    title: 'One subject of several issuers is somebody else with each, also where they look alike',
    async run(ctx) {
      const issuers = ['https://issuer.example', 'https://ISSUER.example', 'https://issuer.example/', 'other']
      const linked = await linkAll(
        ctx,
        issuers.map((issuer) => ({ issuer, subject: 'ada' })),
      )
      for (const identity of linked) {
        const found = await ctx.commit(directoryScope(), (tx) => tx.externalIdentities.findLinked(identity))
        ctx.equal('UE-IDENTITY-003', found, identity, 'the identity that is found')
      }
    },
  },
  {
    id: 'UE-IDENTITY-003/boundary',
    title: 'Issuer and subject are two texts: moving a character from one to the other names somebody else',
    async run(ctx) {
      const linked = await linkAll(ctx, [
        { issuer: 'https://issuer.example', subject: 'ab' },
        { issuer: 'https://issuer.examplea', subject: 'b' },
        { issuer: 'https://issuer.exampleab', subject: '' },
        { issuer: 'ab', subject: 'https://issuer.example' },
        ...SEPARATORS.flatMap((separator) => [
          { issuer: 'https://issuer.example', subject: `a${separator}b` },
          { issuer: `https://issuer.example${separator}a`, subject: 'b' },
        ]),
      ])
      for (const identity of linked) {
        const found = await ctx.commit(directoryScope(), (tx) => tx.externalIdentities.findLinked(identity))
        ctx.equal('UE-IDENTITY-003', found, identity, 'the identity that is found')
      }
    },
  },
]
