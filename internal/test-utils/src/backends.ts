import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe } from 'vitest'

/** The backends that the one corpus of tests runs on in Node. */
export type BackendName = 'cpu' | 'wasm'

const start: { readonly [name in BackendName]: () => Promise<unknown> } = {
  cpu: () => tf.setBackend('cpu'),
  wasm: async () => {
    const { useWasm } = await import('@resfn/wasm')
    await useWasm({ threads: 1 })
  },
}

/** Runs a group of tests once on each backend. */
export const describeBackends = (
  name: string,
  tests: (backend: BackendName) => void,
  backends: readonly BackendName[] = ['cpu', 'wasm'],
): void => {
  for (const backend of backends)
    describe(`${name} on ${backend}`, () => {
      beforeAll(async () => {
        await start[backend]()
        if (tf.getBackend() !== backend) throw new Error(`the tests would run on ${tf.getBackend()}, not on ${backend}`)
      })
      tests(backend)
    })
}
