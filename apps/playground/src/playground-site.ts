/**
 * Where the built page is: a folder of files for any static server, also below another path. `resfn page` serves it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { playgroundSite } from '@resfn/playground'
 *
 * assert.ok(playgroundSite.pathname.endsWith('/site/'))
 * ```
 */
export const playgroundSite: URL = new URL('../dist/site/', import.meta.url)
