import { createWriteStream } from 'node:fs'
import { once } from 'node:events'

/** mulberry32: the same users for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface SeededUser {
  readonly id: string
  readonly username: string
  readonly enabled: boolean
  readonly federatedIdentities: readonly { readonly identityProvider: string; readonly userId: string }[]
}

export function* seededUsers(count: number, seed: number): Generator<SeededUser> {
  const next = random(seed)
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('')
  for (let index = 0; index < count; index += 1) {
    const federated = next()
    yield {
      id: `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
      username: `user-${index}`,
      enabled: next() > 0.05,
      federatedIdentities: ['corporate', 'social']
        .slice(0, federated < 0.5 ? 0 : federated < 0.85 ? 1 : 2)
        .map((identityProvider) => ({ identityProvider, userId: `${identityProvider}|${hex(16)}` })),
    }
  }
}

/** An export as Keycloak writes it, identity providers after the users. */
export async function writeSeededExport(path: string, count: number, seed: number): Promise<void> {
  const file = createWriteStream(path)
  const write = async (text: string) => {
    if (!file.write(text)) await once(file, 'drain')
  }
  await write('{"id":"r","realm":"seeded","enabled":true,"users":[')
  let separator = ''
  for (const user of seededUsers(count, seed)) {
    await write(
      `${separator}${JSON.stringify({ ...user, createdTimestamp: 1, emailVerified: true, firstName: 'A', requiredActions: [] })}`,
    )
    separator = ',\n'
  }
  await write(
    '],"identityProviders":[{"alias":"corporate","providerId":"oidc","config":{"issuer":"https://corporate.example.com"}},{"alias":"social","providerId":"github","config":{}}]}',
  )
  file.end()
  await once(file, 'finish')
}
