import { Session, type HeapProfiler, type Profiler } from 'node:inspector/promises'
import { fileURLToPath } from 'node:url'

/** Where the time of some work went, and what it allocated. */
export interface WorkProfile {
  readonly bytesAllocated: number
  /** Shares of the CPU samples that were not idle, by owner: a package of ours, one of others, Node or the collector. */
  readonly shares: ReadonlyMap<string, number>
}

/** Runs `work` twice: for its CPU, then for its allocations, each sampled by V8 itself. */
export async function profileOf(work: () => Promise<void>): Promise<WorkProfile> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 200 })
    await session.post('Profiler.start')
    await work()
    const { profile } = await session.post('Profiler.stop')
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 4096,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as HeapProfiler.StartSamplingParameterType)
    await work()
    const { profile: heap } = await session.post('HeapProfiler.stopSampling')
    return { bytesAllocated: sizeOf(heap.head), shares: sharesOf(profile) }
  } finally {
    session.disconnect()
  }
}

function sizeOf({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize)
}

function sharesOf({ nodes }: Profiler.Profile): ReadonlyMap<string, number> {
  const hits = new Map<string, number>()
  for (const { callFrame, hitCount = 0 } of nodes) {
    const owner = ownerOf(callFrame.url, callFrame.functionName)
    if (owner !== null) hits.set(owner, (hits.get(owner) ?? 0) + hitCount)
  }
  const all = [...hits.values()].reduce((sum, count) => sum + count, 0)
  const sorted = [...hits].toSorted(([, a], [, b]) => b - a)
  return new Map(sorted.map(([owner, count]) => [owner, count / all]))
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function ownerOf(url: string, functionName: string): string | null {
  if (functionName === '(idle)') return null
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (!url.startsWith('file:')) return 'node'
  const path = fileURLToPath(url)
  const foreign = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
  if (foreign !== undefined) return foreign
  const own = /^packages\/([^/]+)/.exec(path.slice(ROOT.length))?.[1]
  return own === undefined ? 'the bench' : `@user-engine/${own}`
}
