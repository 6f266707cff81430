import { join } from 'node:path'
import { type NativeReport, setupNative, useNative } from '@resfn/native'
import type { Target } from './start.ts'

/** Where the addon is kept for tests. */
const folder = join(import.meta.dirname, '..', '..', '..', '.cache', 'native')

/** TensorFlow's own library on two threads, with an addon that is built against the one in this folder. */
export const nativeTarget = (libtensorflow: string): Target => ({
  backend: 'tensorflow',
  start: async () => {
    const start = (): Promise<NativeReport> => useNative({ folder, threads: 2 })
    const { tensorflow, device } = await start().catch(async () => {
      const built = await setupNative({ libtensorflow, folder })()
      if (built._tag === 'Left') throw built.left
      return start()
    })
    return `TensorFlow ${tensorflow} on ${device}, 2 threads`
  },
})
