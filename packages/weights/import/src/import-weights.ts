import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import { checkBackend, type Layer, type Shape, sizeOf, type Spec, type Variables } from '@resfn/layer'
import type { KeyMap } from '@resfn/archs'
import type { Key } from '@resfn/random'
import { dispose, mapTo } from '@resfn/tree'
import { either as E, type taskEither as TE } from 'fp-ts'
import type { ImportError } from './import-error.ts'
import { type ImportPlan, planImport } from './plan-import.ts'
import type { PublishedWeights } from './published-weights.ts'

/** Parameters and state from a file, and what is not as the file has it. */
export type Imported<P, S> = Variables<P, S> & Pick<ImportPlan, 'drawn' | 'adapted'>

/** How weights are imported. */
export type ImportOptions = {
  /** the shape of one input sample */
  readonly input: Shape
  /** the map of the format that the file has, such as `torchvisionKeys` */
  readonly keys: KeyMap
  /** draws the head, where the file has another number of classes */
  readonly key: Key
}

/** Whether the backend has copied numbers when `tensor` returns, so that others can be written over them. */
const copiesAtOnce = async (): Promise<boolean> => {
  const numbers = new Float32Array([0])
  const probe = tensor(numbers)
  numbers[0] = 1
  const [held] = await probe.data()
  probe.dispose()
  return held === 0
}

/**
 * The parameters and the state of a net from published weights. Tensors are read one by one, so that at no time more
 * is in memory than the tensors so far and two copies of one of them.
 *
 * @param net any layer
 * @param weights the tensors of a file, such as `safetensorsWeights` gives
 * @param options the input of the net, the map of the format, and a random key
 * @returns a task of the variables, which the caller owns, and of the names of what was drawn or adapted; or all keys
 * that do not fit
 * @throws ShapeError, KeyMapError, NoBackendError if the net, the map or the backend cannot be used
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { fileOf, importWeights, safetensorsWeights } from '@resfn/import'
 * import { key } from '@resfn/random'
 * import { encode, tensorView } from '@resfn/safetensors'
 * import { function as F, taskEither as TE } from 'fp-ts'
 *
 * const file = encode({
 *   tensors: [
 *     ['weight', tensorView('F32', [2, 3], new Float32Array([1, 2, 3, 4, 5, 6]))],
 *     ['bias', tensorView('F32', [2], new Float32Array(2))],
 *   ],
 * })
 * const imported = await F.pipe(
 *   TE.fromEither(file),
 *   TE.flatMap((bytes) => safetensorsWeights(fileOf(bytes))),
 *   TE.flatMap((weights) => importWeights(dense({ out: 2 }), weights, { input: [3], keys: [], key: key(0) })),
 * )()
 * assert.ok(imported._tag === 'Right')
 * assert.deepEqual(imported.right.params.weight.arraySync(), [[1, 4], [2, 5], [3, 6]])
 * ```
 */
export const importWeights =
  <P, S>(
    net: Layer<P, S>,
    weights: PublishedWeights,
    { input, keys, key }: ImportOptions,
  ): TE.TaskEither<ImportError, Imported<P, S>> =>
  async () => {
    const plan = net.plan(input)
    const planned = planImport(weights, { plan, input, keys, key })
    if (E.isLeft(planned)) return planned
    checkBackend('importWeights')
    const { leaves, drawn, adapted } = planned.right
    const made = new Map<string, Tensor>()
    // One memory for all leaves: what each one takes for itself lies there until it is collected.
    const most = Math.max(0, ...leaves.map(({ shape }) => sizeOf(shape)))
    const memory = (await copiesAtOnce()) ? new Float32Array(most) : undefined
    for (const { name, shape, values } of leaves) {
      const read = await values(memory)()
      if (E.isLeft(read)) {
        dispose([...made.values()])
        return read
      }
      made.set(name, tensor(read.right, [...shape], 'float32'))
    }
    const tree = (root: string, specs: unknown): unknown =>
      mapTo<unknown, Tensor, Spec>(specs, (_, path) => made.get(`${root}.${path}`)!)
    return E.right({
      params: tree('params', plan.params) as P,
      state: tree('state', plan.state) as S,
      drawn,
      adapted,
    })
  }
