import { directoryScope, type ExternalIdentity, type User } from '@user-engine/store'

import type { CaseContext } from '../case.ts'
import type { Place, Recorder } from './record.ts'
import { insist } from './registers.ts'

/** A linked identity in the directory for each user given, whose subject is the mark of who wrote it. */
export async function createIdentities(
  ctx: CaseContext,
  recorder: Recorder,
  users: readonly User[],
  says: (identity: ExternalIdentity) => string,
): Promise<readonly Place<ExternalIdentity>[]> {
  const identities = users.map(({ id }) => ctx.make.externalIdentity({ userId: id }))
  const places = identities.map(({ id, issuer }, place): Place<ExternalIdentity> => ({
    name: `identity ${place + 1}`,
    id,
    repository: (tx) => tx.externalIdentities,
    mark: (identity, by) => ({ ...identity, issuer: `${issuer}/${place}`, subject: by }),
    markOf: ({ subject }) => subject,
    says,
  }))
  await insist(() =>
    recorder.run(ctx.store, directoryScope(), async (notes) => {
      for (const user of new Set(users)) await notes.tx.users.insert(user)
      for (const [place, identity] of identities.entries()) {
        const known = places[place]
        if (known !== undefined) await notes.insert(known, identity)
      }
    }),
  )
  return places
}
