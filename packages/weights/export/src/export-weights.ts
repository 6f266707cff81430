import type { Tensor } from '@tensorflow/tfjs-core'
import type { KeyMap } from '@resfn/archs'
import type { Layer, Shape, Variables } from '@resfn/layer'
import { encode, type FloatDtype, type SafetensorsError, type TensorView } from '@resfn/safetensors'
import { flatten } from '@resfn/tree'
import type { taskEither as TE } from 'fp-ts'
import { planExport, publishedView } from './plan-export.ts'

/** How weights are exported. */
export type ExportOptions = {
  /** the shape of one input sample */
  readonly input: Shape
  /** the map of the format that the file shall have, such as `torchvisionKeys` */
  readonly keys: KeyMap
  /** how numbers are written; `F32`, which loses nothing, by default */
  readonly dtype?: FloatDtype
}

/** What the Python library writes, and some readers ask for. */
export const metadata: readonly (readonly [string, string])[] = [['format', 'pt']]

/**
 * Parameters and state of a net as the bytes of a safetensors file with published keys, shapes and order of axes:
 * PyTorch's `load_state_dict(strict=True)` takes it. The counters of batches that PyTorch keeps are zero.
 *
 * @param net any layer
 * @param variables its parameters and state, which are read when the task runs
 * @param options the input of the net and the map of the format
 * @returns a task of the bytes, or of a `SafetensorsError` (a name twice: the map gives two leaves one key)
 * @throws ShapeError, KeyMapError if the net or the map cannot be used, RangeError where F16 is too small for a value
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { exportWeights } from '@resfn/export'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { decode } from '@resfn/safetensors'
 * import { either as E, function as F } from 'fp-ts'
 *
 * const net = dense({ out: 2 })
 * const file = await exportWeights(net, init(net, key(0), [3]), { input: [3], keys: [] })()
 * const shape = F.pipe(file, E.flatMap(decode), E.map(({ tensors }) => tensors.get('weight')?.shape))
 * assert.deepEqual(shape, E.right([2, 3]))
 * ```
 */
export const exportWeights =
  <P, S>(
    net: Layer<P, S>,
    { params, state }: Variables<P, S>,
    { input, keys, dtype = 'F32' }: ExportOptions,
  ): TE.TaskEither<SafetensorsError, Uint8Array> =>
  async () => {
    const leaves = new Map(flatten<Tensor>({ params, state }).map(({ path, leaf }) => [path, leaf]))
    const tensors: (readonly [string, TensorView])[] = []
    for (const leaf of planExport(net.plan(input), keys, { dtype })) {
      const values = leaf.name === undefined ? undefined : await leaves.get(leaf.name)!.data<'float32'>()
      tensors.push([leaf.key, publishedView(leaf, values)])
    }
    return encode({ tensors, metadata })
  }
