import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A project has the name of its folder; its tests stand beside the source or in test. */
function project(name: string, folder: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']) {
  return { extends: true as const, test: { name, root: `${root}${folder}`, include } }
}

export default defineConfig({
  root,
  // Packages are tested from source.
  ssr: { resolve: { conditions: ['@user-engine/source', 'module', 'node', 'development|production'] } },
  test: {
    allowOnly: false,
    globalSetup: ['tooling/vitest/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests wait for a server most of the time: no core is left free for a terminal.
    maxWorkers: '100%',
    projects: [
      ...readdirSync(`${root}packages`).map((name) => project(name, `packages/${name}`)),
      ...readdirSync(`${root}apps`).map((name) => project(name, `apps/${name}`)),
      project('tooling', 'tooling', ['!(compatibility)/*.test.ts', '*/{src,test}/**/*.test.ts']),
      // It takes minutes, so `pnpm test` leaves it to `pnpm compatibility`.
      project('compatibility', 'tooling/compatibility', ['*.test.ts']),
    ],
    coverage: { include: ['packages/*/src/**'], reportsDirectory: 'coverage' },
  },
})
