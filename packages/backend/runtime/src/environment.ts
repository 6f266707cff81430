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
export const environment = (): Environment => (nodeVersion() === undefined ? 'browser' : 'node')

/** The version of Node, `20.19.0`, or undefined where the code does not run in Node. */
export const nodeVersion = (): string | undefined => {
  // Through globalThis, because bundlers replace a bare `process`.
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: unknown } } }
  const version = process?.versions?.node
  return typeof version === 'string' ? version : undefined
}
