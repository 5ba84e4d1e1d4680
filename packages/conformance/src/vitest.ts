import { declareTests, type BindingOptions, type HostTest } from './binding.ts'
import type { Instance, Target } from './target.ts'

export type { BindingOptions } from './binding.ts'

/** What is needed of vitest. Pass your own `describe` and `it`. */
export interface VitestFunctions {
  describe(name: string, options: { readonly shuffle: boolean }, body: () => void): unknown
  it(
    name: string,
    options: { readonly timeout: number; readonly retry: number },
    body: (test: HostTest) => Promise<void>,
  ): unknown
}

/**
 * Declares the kit's cases as tests of vitest.
 *
 * ```ts
 * import { describeStore } from '@user-engine/conformance/vitest'
 * import { describe, it } from 'vitest'
 *
 * describeStore({ describe, it }, target, { profiles: ['store-core', 'store-concurrent'], out: 'conformance' })
 * ```
 */
export function describeStore<Subject extends Instance>(
  { describe, it }: VitestFunctions,
  target: Target<Subject>,
  options: BindingOptions,
): void {
  const host = {
    // The kit has its own order, of which the last test is the last.
    describe: (name: string, body: () => void) => void describe(name, { shuffle: false }, body),
    it: (name: string, timeout: number, body: (test: HostTest) => Promise<void>) =>
      void it(name, { timeout, retry: 0 }, body),
  }
  declareTests(host, target, options)
}
