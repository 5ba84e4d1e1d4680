import type { EncodedStatement } from './statement.ts'

/** Where messages are put together; it is left before anything else can come to it. */
const SCRATCH = Buffer.allocUnsafe(64 * 1024)
const BYTES_OF_A_UNIT = 3

/**
 * Messages to the server (protocol 3.0, "Message Formats"), one after the other in one piece: each that is written apart
 * costs the socket about as much as all of them together.
 */
export class FrontendMessages {
  private bytes = SCRATCH
  private end = 0

  /** Forgets a statement of this name; one that there is not is none. */
  close(name: string): void {
    const start = this.begin('C')
    this.byte('S')
    this.text(name)
    this.finish(start)
  }

  parse(name: string, text: string): void {
    const start = this.begin('P')
    this.text(name)
    this.text(text)
    this.int16(0)
    this.finish(start)
  }

  /** All that comes back is text, and so is what is sent, but for bytes. */
  bind(name: string, values: EncodedStatement['values']): void {
    const start = this.begin('B')
    this.text('')
    this.text(name)
    if (values.some((value) => typeof value === 'object' && value !== null)) {
      this.int16(values.length)
      for (const value of values) this.int16(typeof value === 'string' || value === null ? 0 : 1)
    } else {
      this.int16(0)
    }
    this.int16(values.length)
    for (const value of values) this.value(value)
    this.int16(0)
    this.finish(start)
  }

  describe(): void {
    const start = this.begin('D')
    this.byte('P')
    this.text('')
    this.finish(start)
  }

  execute(): void {
    const start = this.begin('E')
    this.text('')
    this.int32(0)
    this.finish(start)
  }

  sync(): void {
    this.finish(this.begin('S'))
  }

  /** All of it, for the socket to keep. */
  take(): Buffer {
    const { bytes, end } = this
    this.bytes = SCRATCH
    this.end = 0
    return bytes === SCRATCH ? Buffer.from(bytes.subarray(0, end)) : bytes.subarray(0, end)
  }

  private begin(type: string): number {
    this.byte(type)
    const start = this.end
    this.int32(0)
    return start
  }

  private finish(start: number): void {
    this.bytes.writeInt32BE(this.end - start, start)
  }

  private byte(character: string): void {
    this.reserve(1)
    this.bytes[this.end++] = character.charCodeAt(0)
  }

  private int16(value: number): void {
    this.reserve(2)
    this.end = this.bytes.writeUInt16BE(value, this.end)
  }

  private int32(value: number): void {
    this.reserve(4)
    this.end = this.bytes.writeInt32BE(value, this.end)
  }

  private text(value: string): void {
    this.reserve(value.length * BYTES_OF_A_UNIT + 1)
    this.end += this.bytes.write(value, this.end)
    this.bytes[this.end++] = 0
  }

  private value(value: string | Buffer | null): void {
    if (value === null) {
      this.int32(-1)
      return
    }
    const isText = typeof value === 'string'
    this.reserve(4 + value.length * (isText ? BYTES_OF_A_UNIT : 1))
    const { bytes, end } = this
    const length = isText ? bytes.write(value, end + 4) : value.copy(bytes, end + 4)
    bytes.writeInt32BE(length, end)
    this.end = end + 4 + length
  }

  private reserve(more: number): void {
    const needed = this.end + more
    if (needed <= this.bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(wider, 0, 0, this.end)
    this.bytes = wider
  }
}
