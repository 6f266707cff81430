import type { Memory } from './memory.ts'

/** What the choice needs from Node or the browser; `#platform` in package.json chooses the file. */
export type Platform = { readonly cores: () => number; readonly memory: Memory }
