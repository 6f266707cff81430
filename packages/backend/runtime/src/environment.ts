/** Where the code runs; Deno and Bun count as Node, the workers of a page as the browser. */
export type Environment = 'node' | 'browser'

/**
 * Where this code runs: a process that names its Node version is Node, all else is the browser.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { environment } from '@resfn/runtime'
 *
 * assert.equal(environment(), 'node')
 * ```
 */
export const environment = (): Environment => {
  // Through globalThis, because bundlers replace a bare `process`.
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: unknown } } }
  return typeof process?.versions?.node === 'string' ? 'node' : 'browser'
}
