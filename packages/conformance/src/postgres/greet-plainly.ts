import { once } from 'node:events'
import { connect } from 'node:net'

import type { Endpoint } from '../provider/handoff.ts'
import { ProviderError } from '../provider/provider.ts'

const PROTOCOL_3 = 196_608
const ANSWER_MS = 10_000

/**
 * Opens the protocol without encryption, and looks at the first letter of the answer: an `E` refuses, anything else goes on
 * with the login. It ends there, before a password would be sent.
 */
export async function greetPlainly(
  { host, port }: Endpoint,
  { user, database }: { readonly user: string; readonly database: string },
): Promise<'refused' | 'asked for credentials'> {
  const socket = connect({ host, port, timeout: ANSWER_MS })
  socket.on('timeout', () => socket.destroy(new ProviderError('TIMEOUT')))
  try {
    await once(socket, 'connect')
    const parameters = Buffer.from(`user\0${user}\0database\0${database}\0\0`)
    const opening = Buffer.alloc(8)
    opening.writeInt32BE(opening.length + parameters.length, 0)
    opening.writeInt32BE(PROTOCOL_3, 4)
    socket.write(Buffer.concat([opening, parameters]))
    const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as readonly unknown[]
    if (!Buffer.isBuffer(answer)) return 'refused'
    return String.fromCharCode(answer[0] ?? 0) === 'E' ? 'refused' : 'asked for credentials'
  } catch (error) {
    throw error instanceof ProviderError ? error : new ProviderError(codeOf(error))
  } finally {
    socket.destroy()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'LOST'
}
