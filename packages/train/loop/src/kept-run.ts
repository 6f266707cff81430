import { memory, tensor, type Tensor } from '@tensorflow/tfjs-core'
import type { Run } from '@resfn/step'
import { leaves, map } from '@resfn/tree'

/** A run on the host, which outlives the device that held its tensors. */
export type KeptRun<P, S> = {
  /** Updates done. */
  readonly step: number
  /** The run with new tensors, on the backend that is current. */
  readonly restore: () => Run<P, S>
}

/** Whether tensors lie on a GPU, which a driver or a browser may take away: such backends count its bytes. */
const mayBeLost = (): boolean => 'numBytesInGPU' in memory()

/**
 * Whether an error says that the device with all tensors is gone, by its tag: that of `@resfn/webgl` or
 * `@resfn/webgpu`.
 *
 * @param error what `train` threw
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isDeviceLost } from '@resfn/loop'
 *
 * assert.ok(isDeviceLost(Object.assign(new Error('the GPU is lost'), { _tag: 'DeviceLost' })))
 * assert.ok(!isDeviceLost(new Error('something else')))
 * ```
 */
export const isDeviceLost = (error: unknown): error is Error =>
  error instanceof Error && (error as { readonly _tag?: unknown })._tag === 'DeviceLost'

/** Reads a run back, where its device may be lost; undefined on other backends. */
export const keepRun = async <P, S>(run: Run<P, S>): Promise<KeptRun<P, S> | undefined> => {
  if (!mayBeLost()) return undefined
  const { params, state, optimiser, average, ...rest } = run
  const trees = { params, state, optimiser, ...(average !== undefined && { average }) }
  const values = new Map<Tensor, Float32Array>()
  for (const leaf of leaves<Tensor>(trees)) values.set(leaf, (await leaf.data()) as Float32Array)
  return {
    step: run.step,
    restore: () => {
      // Parts of a run may share tensors, and still do.
      const made = new Map<Tensor, Tensor>()
      const again = (leaf: Tensor): Tensor => {
        const present = made.get(leaf) ?? tensor(values.get(leaf)!, leaf.shape, 'float32')
        made.set(leaf, present)
        return present
      }
      return { ...rest, ...map(trees, again) }
    },
  }
}
