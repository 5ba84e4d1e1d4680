import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin?: Readonly<Record<string, string>>
}

/** What a package exports from source, and its commands, are what gets built: a manifest has the one list. */
function entries(manifest: Manifest): string[] {
  const modules = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : (target['@user-engine/source'] ?? []),
  )
  const commands = Object.values(manifest.bin ?? {}).map((path) =>
    path.replace(/^(?:\.\/)?dist\/(.+)\.js$/, 'src/$1.ts'),
  )
  return [...modules, ...commands]
}

export default defineConfig({
  entry: entries(JSON.parse(readFileSync('package.json', 'utf8')) as Manifest),
  format: 'esm',
  target: 'node22.22',
  platform: 'node',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
  treeshake: false,
})
