import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Outcome } from './outcome.ts'
import { listFiles, ROOT } from './repository.ts'

/** A package's source, or what builds and checks it: all of tooling but the programs that are no part of every check. */
const PART = /^(?:packages\/[\w-]+(?=\/src\/)|tooling(?!\/(?:bench|compatibility|faults|matrix|stranger)\/))/
const UNCOUNTED = /\.test\.ts$|\/package\.json$/

/** Tooling stays smaller than any package. */
export function size(root: string = ROOT): Outcome {
  const lines: Record<string, number> = { tooling: 0 }
  for (const path of listFiles(root).filter((each) => !UNCOUNTED.test(each))) {
    const part = PART.exec(path)?.[0]
    if (part === undefined) continue
    lines[part] = (lines[part] ?? 0) + readFileSync(join(root, path), 'utf8').split('\n').length - 1
  }
  const { tooling = 0, ...packages } = lines
  const [name, smallest] = Object.entries(packages).toSorted(([, a], [, b]) => a - b)[0] ?? ['no package', 0]
  const summary = `tooling has ${tooling} lines, ${name} ${smallest}`
  const holds = tooling > 0 && tooling < smallest
  return { summary, problems: holds ? [] : [`${summary}: tooling must be smaller than any package`] }
}
