import { join } from 'node:path'
import envPaths from 'env-paths'

/**
 * The folder in which resfn keeps what it fetched: `resfn/<name>` in the user's cache folder. It may not exist yet.
 *
 * @param name what is kept there, such as a data set
 * @see The XDG base directory specification (Linux); `%LOCALAPPDATA%` on Windows and `~/Library/Caches` on macOS
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basename, isAbsolute } from 'node:path'
 * import { cacheFolder } from '@resfn/cache'
 *
 * assert.ok(isAbsolute(cacheFolder('fashion-mnist')))
 * assert.equal(basename(cacheFolder('fashion-mnist')), 'fashion-mnist')
 * ```
 */
export const cacheFolder = (name: string): string => join(envPaths('resfn', { suffix: '' }).cache, name)
