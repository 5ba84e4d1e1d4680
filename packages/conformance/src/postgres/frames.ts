export type Side = 'client' | 'server'

/** One message of the Postgres protocol. */
export interface Frame {
  readonly from: Side
  /** The letter of the protocol, e.g. `Z` for ReadyForQuery; an opening message of a client has none: `''`. */
  readonly type: string
  /** The whole message, its header included. */
  readonly bytes: Buffer
}

const SSL_REQUEST = 80_877_103
const GSS_REQUEST = 80_877_104

/** Cuts one direction of a connection into messages; a part of a message waits for its rest. */
export function createFrameReader(from: Side): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  let opening = from === 'client'
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const frames: Frame[] = []
    for (;;) {
      const header = opening ? 0 : 1
      if (rest.length < header + 4) return frames
      const end = header + rest.readInt32BE(header)
      if (rest.length < end) return frames
      const frame = {
        from,
        type: opening ? '' : String.fromCharCode(rest[0] ?? 0),
        bytes: rest.subarray(0, end),
      }
      frames.push(frame)
      rest = rest.subarray(end)
      opening &&= isEncryptionRequest(frame)
    }
  }
}

/** A client asks for TLS before it says anything else. */
export function isEncryptionRequest({ type, bytes }: Frame): boolean {
  return type === '' && bytes.length === 8 && [SSL_REQUEST, GSS_REQUEST].includes(bytes.readInt32BE(4))
}

/** What a CommandComplete says, e.g. `COMMIT` or `INSERT 0 1`; null for any other message. */
export function commandTag({ from, type, bytes }: Frame): string | null {
  return from === 'server' && type === 'C' ? bytes.toString('utf8', 5, bytes.length - 1) : null
}

/** The statement that a client sends to be parsed, or to be run at once; null in any other message. */
export function statementText({ from, type, bytes }: Frame): string | null {
  if (from !== 'client' || (type !== 'P' && type !== 'Q')) return null
  const start = type === 'P' ? bytes.indexOf(0, 5) + 1 : 5
  return bytes.toString('utf8', start, bytes.indexOf(0, start))
}

/** The same message with another statement in it. */
export function withStatement(frame: Frame, text: string): Frame {
  const { type, bytes } = frame
  const start = type === 'P' ? bytes.indexOf(0, 5) + 1 : 5
  const rest = bytes.subarray(bytes.indexOf(0, start))
  const changed = Buffer.concat([bytes.subarray(0, start), Buffer.from(text), rest])
  changed.writeInt32BE(changed.length - 1, 1)
  return { ...frame, bytes: changed }
}
