import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import {
  formatShape,
  type Layer,
  type Plan,
  sameShape,
  type Shape,
  ShapeError,
  type Spec,
  type Variables,
} from '@resfn/layer'
import type { Optimiser, OptimiserState } from '@resfn/optimisers'
import { type TensorView, typedArray } from '@resfn/safetensors'
import { dispose, flatten, mapTo } from '@resfn/tree'
import { either as E } from 'fp-ts'
import { type CheckpointError, failure } from './checkpoint-error.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Run } from '@resfn/step'

/**
 * The net for the tensors of a checkpoint: its name and the shape of one input sample must be those of the description.
 */
export type RestoreOptions<P, S> = { readonly net: Layer<P, S>; readonly name: string; readonly input: Shape }

type Shapes = ReadonlyMap<string, Shape>

const shapesOf = (root: string, specs: unknown): readonly (readonly [string, Shape])[] =>
  flatten<{ readonly shape: Shape }>(specs).map(
    ({ path, leaf }) => [path === '' ? root : `${root}.${path}`, leaf.shape] as const,
  )

const otherNet = (
  { description: { net } }: Checkpoint,
  { name, input }: Pick<RestoreOptions<unknown, unknown>, 'name' | 'input'>,
): CheckpointError | undefined =>
  net.name === name && sameShape(net.input, input)
    ? undefined
    : failure(
        'OtherNet',
        'the checkpoint',
        `it was made for ${net.name} on ${formatShape(net.input)} images with ${net.classes.length} classes; you asked for ${name} on ${formatShape(input)}`,
        `build the net as the checkpoint describes it, or start a new run of ${name}`,
      )

const described = ({ dtype, shape }: TensorView): string => `${dtype} ${formatShape(shape)}`

/** Every difference between the tensors expected and those of the file. */
const differences = (
  expected: Shapes,
  tensors: ReadonlyMap<string, TensorView>,
  within: readonly string[],
): readonly string[] => [
  ...[...expected].flatMap(([name, shape]) => {
    const found = tensors.get(name)
    if (found === undefined) return [`${name} F32 ${formatShape(shape)} is missing`]
    return found.dtype === 'F32' && sameShape(found.shape, shape)
      ? []
      : [`${name} is ${described(found)}, expected F32 ${formatShape(shape)}`]
  }),
  ...[...tensors]
    .filter(([name]) => !expected.has(name) && within.some((root) => name === root || name.startsWith(`${root}.`)))
    .map(([name, view]) => `${name} ${described(view)} belongs to nothing`),
]

const listed = 5

const otherTensors = (what: string, found: readonly string[]): CheckpointError =>
  failure(
    'OtherTensors',
    'the checkpoint',
    `${found.slice(0, listed).join('; ')}${found.length > listed ? `; and ${found.length - listed} more` : ''}`,
    `is ${what} built with the same options (classes, depth, optimiser) as when the checkpoint was written?`,
  )

const read =
  (tensors: ReadonlyMap<string, TensorView>, root: string) =>
  (_: unknown, path: string): Tensor => {
    const view = tensors.get(path === '' ? root : `${root}.${path}`)!
    // A copy: tensors must not change when the caller uses the bytes again.
    return tensor(typedArray(view as TensorView<'F32'>).slice(), [...view.shape], 'float32')
  }

/**
 * The plan of a net, if the parameters and the state of a checkpoint are those of the net; no tensor is made.
 *
 * @param checkpoint see `decodeCheckpoint`
 * @param options the `net`, its `name`, and the shape of one `input` sample
 * @returns the plan, or a `CheckpointError`: `OtherNet`, or `OtherTensors`, which names each of them
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { type Checkpoint, planOf } from '@resfn/checkpoint'
 *
 * const description = { net: { name: 'linear', input: [3], classes: ['cat', 'dog'] } }
 * const empty: Checkpoint = { description, progress: undefined, tensors: new Map() }
 * const plan = planOf(empty, { net: dense({ out: 2 }), name: 'linear', input: [3] })
 * assert.ok(plan._tag === 'Left' && plan.left._tag === 'OtherTensors')
 * ```
 */
export const planOf = <P, S>(
  checkpoint: Checkpoint,
  options: RestoreOptions<P, S>,
): E.Either<CheckpointError, Plan<P, S>> => {
  const other = otherNet(checkpoint, options)
  if (other !== undefined) return E.left(other)
  const { net, name, input } = options
  try {
    const plan = net.plan(input)
    const expected = new Map([...shapesOf('params', plan.params), ...shapesOf('state', plan.state)])
    const found = differences(expected, checkpoint.tensors, ['params', 'state'])
    return found.length > 0 ? E.left(otherTensors(name, found)) : E.right(plan)
  } catch (error) {
    if (error instanceof ShapeError)
      return E.left(
        failure('OtherNet', error.path, error.reason, `the net named ${name} cannot take ${formatShape(input)} images`),
      )
    throw error
  }
}

/**
 * The parameters and the state of a net from a checkpoint, of a run or of weights alone: those to evaluate, which are
 * the moving average where the run has one.
 *
 * @param checkpoint see `decodeCheckpoint`
 * @param options the `net`, its `name`, and the shape of one `input` sample
 * @returns the variables, which the caller owns, or a `CheckpointError`: `OtherNet`, or `OtherTensors`, which names
 * each of them
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { init } from '@resfn/layer'
 * import { decodeCheckpoint, encodeWeights, restoreVariables } from '@resfn/checkpoint'
 * import { key } from '@resfn/random'
 * import { either as E, function as F, taskEither as TE } from 'fp-ts'
 *
 * const net = dense({ out: 2 })
 * const { params, state } = init(net, key(0), [3])
 * const restored = await F.pipe(
 *   encodeWeights({ params, state }, { net: { name: 'linear', input: [3], classes: ['cat', 'dog'] } }),
 *   TE.chainEitherK(decodeCheckpoint),
 *   TE.chainEitherK((checkpoint) => restoreVariables(checkpoint, { net, name: 'linear', input: [3] })),
 * )()
 * assert.ok(E.isRight(restored))
 * assert.deepEqual(restored.right.params.weight.dataSync(), params.weight.dataSync())
 * ```
 */
export const restoreVariables = <P, S>(
  checkpoint: Checkpoint,
  options: RestoreOptions<P, S>,
): E.Either<CheckpointError, Variables<P, S>> => {
  return E.map((plan: Plan<P, S>) => made(plan, checkpoint.tensors, ''))(planOf(checkpoint, options))
}

/** The tensors of a plan whose names begin with `prefix`. */
const made = <P, S>(
  plan: Plan<P, S>,
  tensors: ReadonlyMap<string, TensorView>,
  prefix: '' | 'learning.',
): Variables<P, S> => ({
  params: mapTo<unknown, Tensor, Spec>(plan.params, read(tensors, `${prefix}params`)) as P,
  state: mapTo<unknown, Tensor, Spec>(plan.state, read(tensors, `${prefix}state`)) as S,
})

/** What learns in a checkpoint whose parameters and state are a moving average; nothing where they are not. */
const learningOf = <P, S>(
  { tensors }: Checkpoint,
  { net, name, input }: RestoreOptions<P, S>,
): E.Either<CheckpointError, Variables<P, S> | undefined> => {
  if (![...tensors.keys()].some((path) => path.startsWith('learning.'))) return E.right(undefined)
  const plan = net.plan(input)
  const expected = new Map([...shapesOf('learning.params', plan.params), ...shapesOf('learning.state', plan.state)])
  const found = differences(expected, tensors, ['learning'])
  return found.length > 0 ? E.left(otherTensors(name, found)) : E.right(made(plan, tensors, 'learning.'))
}

/**
 * The run of a checkpoint, exactly as it was when it was encoded: `train` continues it to the same parameters as
 * without the break.
 *
 * @param checkpoint see `decodeCheckpoint`
 * @param options as for `restoreVariables`, and the `optimiser` that made the checkpoint's state
 * @returns the run, whose tensors the caller owns, or a `CheckpointError`; `WeightsOnly` where there is no run
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { decodeCheckpoint, encodeCheckpoint, restoreRun } from '@resfn/checkpoint'
 * import { startRun } from '@resfn/step'
 * import { adam } from '@resfn/optimisers'
 * import { key } from '@resfn/random'
 * import { function as F, taskEither as TE } from 'fp-ts'
 *
 * const [net, optimiser] = [dense({ out: 2 }), adam()]
 * const restored = await F.pipe(
 *   encodeCheckpoint(startRun(net, { optimiser, key: key(7), input: [3] }), { net: { name: 'linear', input: [3], classes: ['cat', 'dog'] } }),
 *   TE.chainEitherK(decodeCheckpoint),
 *   TE.chainEitherK((checkpoint) => restoreRun(checkpoint, { net, name: 'linear', input: [3], optimiser })),
 * )()
 * assert.ok(restored._tag === 'Right' && restored.right.key[1] === 7)
 * ```
 */
export const restoreRun = <P, S>(
  checkpoint: Checkpoint,
  { optimiser, ...options }: RestoreOptions<P, S> & { readonly optimiser: Optimiser },
): E.Either<CheckpointError, Run<P, S>> => {
  const { progress, tensors } = checkpoint
  if (progress === undefined)
    return E.left(
      failure(
        'WeightsOnly',
        'the checkpoint',
        'it holds weights and no run',
        'evaluate it, or start a new run from its weights (restoreVariables)',
      ),
    )
  const variables = restoreVariables(checkpoint, options)
  if (E.isLeft(variables)) return variables
  const learning = learningOf(checkpoint, options)
  if (E.isLeft(learning)) {
    dispose(variables.right)
    return learning
  }
  const average = learning.right === undefined ? undefined : variables.right
  const { params, state } = learning.right ?? variables.right
  // Only the optimiser knows the structure of its state, so a new one is made and freed; its shapes stay readable.
  const fresh = optimiser.init(params)
  dispose(fresh)
  const found = differences(new Map(shapesOf('optimiser', fresh)), tensors, ['optimiser'])
  if (found.length > 0) {
    dispose([variables.right, learning.right])
    return E.left(otherTensors('the optimiser', found))
  }
  const memory = mapTo<OptimiserState, Tensor, Tensor>(fresh, read(tensors, 'optimiser')) as OptimiserState
  return E.right({ ...progress, params, state, optimiser: memory, ...(average !== undefined && { average }) })
}
