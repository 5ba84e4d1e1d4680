import type { CutPoint, Restore } from '../target.ts'
import { commandTag, statementText, type Frame } from './frames.ts'
import type { WireProxy } from './wire-proxy.ts'

const WRITTEN = /^(?:INSERT|UPDATE|DELETE|COMMIT)/
const WRITES = /\b(?:insert into|update |delete from)/i
const BEGINS = /^\s*(?:begin|start transaction)\b/i
const COMMITS = /^\s*(?:commit|end)\b/i
const IDLE = 'I'.charCodeAt(0)

const ENDED = { explicit: false, wrote: false, over: false }

export interface CommitCutter {
  /** Cuts, once, something that wrote: its commit, or whatever it sends next, before it reaches the server or after. */
  cutNext(point: CutPoint): Promise<Restore>
}

/** What a connection is at. */
interface Session {
  /** Names of statements that write, as they were parsed on it. */
  readonly writing: Set<string>
  /** A transaction was begun by a word, and its end is one. */
  explicit: boolean
  wrote: boolean
  /** It has ended: what the client sends next belongs to another. */
  over: boolean
}

/** Of a parsed statement its name, of bound values their portal and statement. */
function strings({ bytes }: Frame): readonly string[] {
  return bytes.toString('latin1', 5).split('\0', 2)
}

/**
 * What a target of a Postgres store gives as `faults.cut`. A commit is the end of an implicit transaction that wrote, or the
 * word itself. Make it before the first connection through the proxy: only when a statement is parsed does the wire show
 * what its name stands for.
 */
export function createCommitCutter(proxy: WireProxy): CommitCutter {
  const sessions = new WeakMap<object, Session>()

  function sessionOf(link: object): Session {
    const session = sessions.get(link) ?? { writing: new Set<string>(), ...ENDED }
    sessions.set(link, session)
    return session
  }

  function follow(frame: Frame, session: Session): void {
    const { from, type } = frame
    if (from === 'server') {
      if (type === 'C') session.wrote ||= WRITTEN.test(commandTag(frame) ?? '')
      return
    }
    const text = statementText(frame)
    if (text !== null && BEGINS.test(text)) session.explicit = true
    if (type === 'P') {
      const [name = ''] = strings(frame)
      if (WRITES.test(text ?? '')) session.writing.add(name)
      else session.writing.delete(name)
    }
    if (type === 'B') session.wrote ||= session.writing.has(strings(frame)[1] ?? '')
  }

  function commits(frame: Frame, { explicit, wrote }: Session): boolean {
    if (frame.from === 'server' || !wrote) return false
    return explicit ? COMMITS.test(statementText(frame) ?? '') : frame.type === 'S'
  }

  const isReady = ({ from, type }: Frame) => from === 'server' && type === 'Z'
  /** The server is ready, and no transaction is open on it any more. */
  const ends = (frame: Frame) => isReady(frame) && frame.bytes[5] === IDLE

  const hits: Readonly<Record<CutPoint, (frame: Frame, session: Session) => boolean>> = {
    'before-commit': commits,
    'after-commit': (frame, { wrote }) => wrote && ends(frame),
    hang: (frame, { wrote }) => wrote && ends(frame),
    // What a transaction without a word for its beginning sends is its commit.
    'before-request': (frame, session) =>
      session.explicit ? session.wrote && frame.from === 'client' : commits(frame, session),
    'after-request': (frame, { wrote }) => wrote && isReady(frame),
  }

  // Matches nothing, and so hears everything.
  void proxy.cut('before', (frame, link) => {
    const session = sessionOf(link)
    if (session.over && frame.from === 'client') Object.assign(session, ENDED)
    follow(frame, session)
    session.over ||= ends(frame)
    return false
  })

  return {
    async cutNext(point) {
      let armed = true
      void proxy.cut('before', (frame, link) => {
        if (!armed || !hits[point](frame, sessionOf(link))) return false
        armed = false
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
