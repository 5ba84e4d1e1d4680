import { commandTag, type Frame, type WireProxy } from '@user-engine/test-postgres'

import type { CutPoint, Restore } from '../src/target.ts'

const WRITTEN = /^(?:INSERT|UPDATE|DELETE|COMMIT)/
const WRITES = /\b(?:insert into|update |delete from|commit)/i

export interface CommitCutter {
  /** Cuts the next batch that writes: before its Sync reaches the server, or after the server has committed it. */
  cutNext(point: CutPoint): Promise<Restore>
}

/** Listens from the first connection on: only when a statement is parsed does the wire show what its name stands for. */
export function createCommitCutter(proxy: WireProxy): CommitCutter {
  const writing = new Set<string>()
  let wrote = false

  /** The name of a statement that is parsed with a text, or bound to values; its letter's first or second string. */
  function strings({ bytes }: Frame): readonly string[] {
    return bytes.toString('latin1', 5).split('\0', 2)
  }

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

  // Matches nothing, and so hears everything.
  void proxy.cut('before', (frame) => {
    follow(frame)
    return false
  })

  return {
    async cutNext(point) {
      let armed = true
      wrote = false
      const end = point === 'before-commit' ? 'S' : 'Z'
      void proxy.cut('before', (frame) => {
        if (!armed || frame.type !== end || !wrote) return false
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
