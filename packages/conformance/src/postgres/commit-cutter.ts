import type { CutPoint, Restore } from '../target.ts'
import { commandTag, type Frame } from './frames.ts'
import type { WireProxy } from './wire-proxy.ts'

const WRITTEN = /^(?:INSERT|UPDATE|DELETE|COMMIT)/
const WRITES = /\b(?:insert into|update |delete from|commit)/i

export interface CommitCutter {
  /** Cuts the next batch that writes: before its Sync reaches the server, or after the server has committed it. */
  cutNext(point: CutPoint): Promise<Restore>
}

/** Of a parsed statement its name and text, of bound values their portal and statement. */
function strings({ bytes }: Pick<Frame, 'bytes'>): readonly string[] {
  return bytes.toString('latin1', 5).split('\0', 2)
}

/**
 * What a target of a Postgres store gives as `faults.cut`. Make it before the first connection through the proxy: only when
 * a statement is parsed does the wire show what its name stands for.
 */
export function createCommitCutter(proxy: WireProxy): CommitCutter {
  const writing = new Set<string>()
  let wrote = false

  function follow(frame: Frame): void {
    if (frame.from === 'server') {
      if (frame.type === 'C') wrote ||= WRITTEN.test(commandTag(frame) ?? '')
      return
    }
    if (frame.type === 'P') {
      const [name = '', text = ''] = strings(frame)
      if (WRITES.test(text)) writing.add(name)
      else writing.delete(name)
    }
    if (frame.type === 'B') wrote ||= writing.has(strings(frame)[1] ?? '')
  }

  /** The end of an implicit transaction, or the word itself. */
  function commits({ from, type, bytes }: Frame): boolean {
    if (from === 'server') return false
    return type === 'P' ? strings({ bytes })[1] === 'commit' : type === 'S' && wrote
  }

  // Matches nothing, and so hears everything.
  void proxy.cut('before', (frame) => {
    follow(frame)
    return false
  })

  return {
    async cutNext(point) {
      let armed = true
      wrote = false
      void proxy.cut('before', (frame) => {
        if (!armed || !(point === 'before-commit' ? commits(frame) : frame.type === 'Z' && wrote))
          return false
        wrote = false
        if (point !== 'hang') return true
        proxy.stall()
        return false
      })
      return async () => {
        armed = false
        proxy.resume()
      }
    },
  }
}
