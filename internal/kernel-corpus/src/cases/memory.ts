import * as tf from '@tensorflow/tfjs-core'
import { relu } from '@resfn/activation'
import { convBn } from '@resfn/conv-bn'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { sequential, untyped } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { globalAvgPool } from '@resfn/pool'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { startRun, takeStep } from '@resfn/step'
import { advance, dispose } from '@resfn/tree'
import type { CorpusCase } from '../corpus-case.ts'
import { values } from '../values.ts'

const [settling, half] = [20, 90]
const input = [6, 6, 2]
const batch = 2

const net = untyped(
  sequential({
    stem: convBn({ out: 8, size: 3 }),
    act: relu,
    block: identityAdd(convBn({ out: 8, size: 3 })),
    pool: globalAvgPool,
    fc: dense({ out: 3 }),
  }),
)

/** What tfjs counts, and what the backend holds: bytes on a GPU, the heap of a WASM module. */
const held = (): { readonly [what: string]: number } => {
  const { numTensors, numBytes, numDataBuffers, ...device } = tf.memory() as tf.MemoryInfo & {
    readonly numBytesInGPU?: number
  }
  const { wasm } = tf.backend() as { readonly wasm?: { readonly HEAPU8: Uint8Array } }
  return {
    tensors: numTensors,
    buffers: numDataBuffers,
    bytes: numBytes,
    device: device.numBytesInGPU ?? wasm?.HEAPU8.byteLength ?? 1,
  }
}

const examples = {
  images: values(batch * 72, 1),
  shape: [batch, ...input],
  labels: Int32Array.of(0, 2),
}

/** Two hundred steps hold no more at their end than they did after the first few. */
export const memory: readonly CorpusCase[] = [
  {
    name: `memory over ${settling + 2 * half} training steps`,
    compute: () => {
      const optimiser = sgd({ momentum: 0.9 })
      const step = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(0.005) })
      let run = startRun(net, { optimiser, key: key(0), input })
      /** The most that is held after any of some steps. */
      const most = (steps: number): ReturnType<typeof held> => {
        let peak = held()
        for (let i = 0; i < steps; i++) {
          run = advance(run, () => {
            const { learned, ...tensors } = step(run, examples)
            dispose(tensors)
            return { ...run, ...learned }
          })
          const now = held()
          peak = Object.fromEntries(Object.entries(peak).map(([what, value]) => [what, Math.max(value, now[what]!)]))
        }
        return peak
      }
      most(settling)
      const [first, second] = [most(half), most(half)]
      return Object.fromEntries(Object.keys(first).map((what) => [what, tf.scalar(second[what]! / first[what]!)]))
    },
    reference: () => Object.fromEntries(Object.keys(held()).map((what) => [what, tf.scalar(1)])),
  },
]
