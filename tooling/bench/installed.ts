import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Installed {
  readonly packages: number
  readonly bytes: number
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly private?: boolean
}

/** What installing these packages brings along: each package that they need, once, with all of its files. */
export function installedWith(names: readonly string[], from: string): Installed {
  const folders = new Set<string>()
  const visit = (name: string, at: string) => {
    const folder = folderOf(name, at)
    if (folders.has(folder)) return
    folders.add(folder)
    for (const each of Object.keys(manifestOf(folder).dependencies ?? {})) visit(each, folder)
  }
  for (const name of names) visit(name, from)
  const bytes = [...folders].reduce((sum, folder) => sum + sizeOf(folder), 0)
  return { packages: folders.size, bytes }
}

function folderOf(name: string, from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(folder)) return realpathSync(folder)
    if (dirname(at) === at) throw new Error(`${name} is not installed beside ${from}`)
  }
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Of a package of this workspace what is published of it; all of any other. */
function sizeOf(folder: string): number {
  const published = folder.includes('node_modules')
    ? null
    : [...(manifestOf(folder).files ?? []), 'package.json']
  return published === null
    ? bytesIn(folder)
    : published.reduce((sum, each) => sum + bytesIn(join(folder, each)), 0)
}

function bytesIn(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.size
  const inside = readdirSync(path).filter((name) => name !== 'node_modules')
  return inside.reduce((sum, name) => sum + bytesIn(join(path, name)), 0)
}
