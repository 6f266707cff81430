import { add, tidy, type TensorContainer } from '@tensorflow/tfjs-core'
import { compilePrograms, type WarmUpOptions } from './compile-programs.ts'

/** What a warm-up did: programs that were compiled side by side, and the milliseconds of all of it. */
export type WarmedUp = { readonly programs: number; readonly milliseconds: number }

/**
 * Compiles the programs of a computation before they are needed, as `compilePrograms` does. Then it computes once and
 * waits for the device, which on every backend makes what is made at the first use (buffers, textures, packed filters).
 *
 * Nothing else may run on the backend until the promise resolves.
 *
 * @param compute what will run later, on inputs of the same shapes: `net.apply` for inference, a step for training. It
 *   must be pure, must not be asynchronous and must not read a tensor; it runs twice where there are programs to compile
 * @param options `onProgress` is told of the programs
 * @returns how many programs were compiled side by side, and the milliseconds of it all
 * @throws what the computation throws, and what the GPU refuses to compile
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { useBackend, warmUp } from '@resfn/runtime'
 * import * as tf from '@tensorflow/tfjs-core'
 *
 * await useBackend('wasm', { report: () => {} })
 * const net = resnet({ depth: 18, classes: 10 })
 * const { params, state } = init(net, key(0), [32, 32, 3])
 * const { programs } = await warmUp(() => net.apply(params, tf.zeros([1, 32, 32, 3]), state))
 * assert.equal(programs, 0) // WASM has no programs to compile
 * ```
 */
export const warmUp = async (compute: () => TensorContainer, options: WarmUpOptions = {}): Promise<WarmedUp> => {
  const started = performance.now()
  const programs = await compilePrograms(compute, options)
  tidy(() => void compute())
  const last = tidy(() => add(0, 1))
  // A device is done when something is read from it.
  await last.data()
  last.dispose()
  return { programs, milliseconds: performance.now() - started }
}
