import type { NativeOptions, NativeReport } from '@resfn/native'
import type { Memory } from './memory.ts'

/** What the choice needs from Node or the browser; `#platform` in package.json chooses the file. */
export type Platform = {
  readonly cores: () => number
  readonly memory: Memory
  /** Starts TensorFlow's own library; the package that does is an optional peer, which bundlers must not look for. */
  readonly useNative: (options: NativeOptions) => Promise<NativeReport>
}
