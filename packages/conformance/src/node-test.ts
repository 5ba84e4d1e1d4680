import { declareTests, type BindingOptions, type HostTest } from './binding.ts'
import type { Instance, Target } from './target.ts'

export type { BindingOptions } from './binding.ts'

/** What is needed of `node:test`. Pass your own `describe` and `it`. */
export interface NodeTestFunctions {
  describe(name: string, options: { readonly concurrency: number }, body: () => void): unknown
  it(name: string, options: { readonly timeout: number }, body: (test: HostTest) => Promise<void>): unknown
}

/**
 * Declares the kit's cases as tests of `node:test`.
 *
 * ```ts
 * import { describeStore } from '@user-engine/conformance/node-test'
 * import { describe, it } from 'node:test'
 *
 * describeStore({ describe, it }, target, { profiles: ['store-core', 'store-concurrent'], out: 'conformance' })
 * ```
 */
export function describeStore<Subject extends Instance>(
  { describe, it }: NodeTestFunctions,
  target: Target<Subject>,
  options: BindingOptions,
): void {
  const host = {
    describe: (name: string, body: () => void) => void describe(name, { concurrency: 1 }, body),
    it: (name: string, timeout: number, body: (test: HostTest) => Promise<void>) =>
      void it(name, { timeout }, body),
  }
  declareTests(host, target, options)
}
