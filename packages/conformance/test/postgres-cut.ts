import { commandTag, type Frame, type WireProxy } from '@user-engine/test-postgres'

import type { CutPoint, Restore } from '../src/target.ts'

const WRITES = /^(?:INSERT|UPDATE|DELETE|COMMIT)/

/** Cuts the next batch that writes: before its Sync reaches the server, or after the server has committed it. */
export async function cutNextCommit(proxy: WireProxy, point: CutPoint): Promise<Restore> {
  let armed = true
  let wrote = false
  const committed = (frame: Frame): boolean => {
    if (!armed || frame.from !== 'server') return false
    if (frame.type === 'C') wrote ||= WRITES.test(commandTag(frame) ?? '')
    if (frame.type !== 'Z' || !wrote) return false
    wrote = false
    if (point !== 'hang') return true
    proxy.stall()
    return false
  }
  // The texts of writes are seen when they are parsed, which a fresh connection does in the batch that runs them.
  const writing = (frame: Frame): boolean => {
    if (!armed || frame.from !== 'client') return false
    if (frame.type === 'P')
      wrote ||= /\b(?:insert into|update |delete from|commit)/i.test(frame.bytes.toString('latin1'))
    if (frame.type !== 'S' || !wrote) return false
    wrote = false
    return true
  }
  void proxy.cut('before', point === 'before-commit' ? writing : committed)
  return async () => {
    armed = false
    proxy.resume()
  }
}
