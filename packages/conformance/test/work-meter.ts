import type { Frame, PostgresInstance } from '../src/postgres.ts'

/** What was done between two readings of the meter. */
export interface Work {
  readonly roundTrips: number
  readonly statements: number
  /** To the server and from it, the messages' headers included. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** That scans of tables and indexes have answered, those of the checks of references included. */
  readonly rowsRead: number
  readonly rowsWritten: number
  /** Pages of tables and indexes that were looked at, in the cache or not. */
  readonly buffers: number
}

export interface WorkMeter {
  reset(): void
  read(): Work
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Parent Relationship'?: string
  readonly 'Subplan Name'?: string
  readonly 'CTE Name'?: string
  readonly 'Relation Name'?: string
  readonly Operation?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly PlanNode[]
}

/**
 * Reads the protocol, and, where `explains`, the plan of each statement as it was executed, EXPLAIN (ANALYZE, BUFFERS) by
 * auto_explain: sessions of the database that begin from now on send it as a notice.
 */
export async function createWorkMeter(
  { proxy, admin, database }: Pick<PostgresInstance, 'proxy' | 'admin' | 'database'>,
  explains: boolean,
): Promise<WorkMeter> {
  const settings = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_level': 'notice',
    'auto_explain.log_format': 'json',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_buffers': 'on',
    'auto_explain.log_timing': 'off',
    'auto_explain.log_nested_statements': 'on',
  }
  if (explains) {
    await admin.query(`load 'auto_explain'`)
    for (const [name, value] of Object.entries(settings)) {
      await admin.query(`alter database ${database} set ${name} = '${value}'`)
    }
  }
  let plans: PlanNode[] = []
  let noticeBytes = 0
  proxy.rewrite((frame) => {
    if (frame.from !== 'server' || frame.type !== 'N') return frame
    noticeBytes += frame.bytes.length
    plans.push(planIn(frame))
    return null
  })
  return {
    reset() {
      proxy.reset()
      plans = []
      noticeBytes = 0
    },
    read() {
      const { roundTrips, bytes, messages } = proxy.traffic()
      return {
        roundTrips,
        statements: (messages.client['E'] ?? 0) + (messages.client['Q'] ?? 0),
        bytesSent: bytes.client,
        bytesReceived: bytes.server - noticeBytes,
        rowsRead: sum(plans.flatMap(nodesOf).map(rowsRead)),
        rowsWritten: sum(plans.flatMap(nodesOf).map(rowsWritten)),
        buffers: sum(plans.map(buffersOf)),
      }
    },
  }
}

/** Fields of a NoticeResponse are a letter and a text each; `M` is the message. */
function planIn({ bytes }: Frame): PlanNode {
  const message = bytes
    .toString('utf8', 5)
    .split('\0')
    .find((field) => field.startsWith('M'))
  const json = message?.slice(message.indexOf('{'))
  if (message === undefined || !message.includes('plan:')) throw new Error(`not a plan: ${message}`)
  return (JSON.parse(json ?? '') as { readonly Plan: PlanNode }).Plan
}

function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

/** The writes in a WITH that nothing reads are carried out when the plan has ended, and are no part of its own count. */
function buffersOf(plan: PlanNode): number {
  const nodes = nodesOf(plan)
  const read = new Set(nodes.map((node) => `CTE ${node['CTE Name']}`))
  const after = nodes.filter(({ 'Subplan Name': name }) => name?.startsWith('CTE ') && !read.has(name))
  return sum([plan, ...after].map((each) => each['Shared Hit Blocks'] + each['Shared Read Blocks']))
}

function rowsRead(node: PlanNode): number {
  const scans =
    node['Relation Name'] !== undefined && node.Operation === undefined && node['Node Type'] !== 'LockRows'
  return scans ? rowsOf(node) : 0
}

function rowsWritten(node: PlanNode): number {
  return node.Operation === undefined ? 0 : sum(sourceOf(node).map(rowsOf))
}

/** What gives a write its rows, among the arms of a WITH beside it. */
function sourceOf({ Plans = [] }: PlanNode): readonly PlanNode[] {
  return Plans.filter((each) => each['Parent Relationship'] === 'Outer')
}

function rowsOf(node: PlanNode): number {
  return Math.round(node['Actual Rows'] * node['Actual Loops'])
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
