import { type Tensor, tidy, zeros } from '@tensorflow/tfjs-core'
import { checkBackend, type Layer, type Shape, type Variables } from '@resfn/layer'
import { dispose, flatten } from '@resfn/tree'
import type { Graph } from './graph.ts'
import { merge } from './merge.ts'
import { record, type Recording } from './record.ts'
import { simplify } from './simplify.ts'

/** What is traced. */
export type TraceOptions = {
  /** the shape of one input sample */
  readonly input: Shape
  /**
   * how primitives of resfn appear: `whole` (the default) as one node, `expanded` as the kernels of TensorFlow.js that
   * they equal
   */
  readonly primitives?: 'whole' | 'expanded'
}

/**
 * What a net does in evaluation, as a graph of the kernels that it runs, for any batch size. The net runs twice, on one
 * sample and on two, and what differs is the batch. Kernels that see parameters alone are run and not listed: their
 * result is a tensor of the graph.
 *
 * @param net any layer
 * @param variables its parameters and state
 * @param options the shape of one sample, and how primitives appear
 * @returns the graph; `dispose(graph.tensors)` frees what it holds
 * @throws ShapeError or VariablesError as the net does
 * @throws TraceError if the net does something else for another batch
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { dense } from '@resfn/dense'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { trace } from '@resfn/trace'
 * import { dispose } from '@resfn/tree'
 *
 * const net = dense({ out: 2 })
 * const graph = trace(net, init(net, key(0), [3]), { input: [3] })
 * assert.deepEqual(graph.nodes.map(({ kernel }) => kernel), ['BatchMatMul', 'Add'])
 * assert.deepEqual(graph.values[graph.output]?.shape, [{ perSample: 1 }, 2])
 * dispose(graph.tensors)
 * ```
 */
export const trace = <P, S>(
  net: Layer<P, S>,
  { params, state }: Variables<P, S>,
  { input, primitives = 'whole' }: TraceOptions,
): Graph => {
  checkBackend('trace')
  const leaves = flatten<Tensor>({ params, state })
  const ofBatch = (batch: number): Recording =>
    tidy(() => {
      const f = (x: Tensor): Tensor => net.apply(params, x, state)
      return record({ x: zeros([batch, ...input]), leaves, expandPrimitives: primitives === 'expanded', f }) as never
    })
  const one = ofBatch(1)
  let two: Recording | undefined
  try {
    two = ofBatch(2)
    const simple = simplify(merge(one, two))
    const [read, unread] = partition(one.tensors, simple.values)
    dispose(unread)
    return { input: 'x', ...simple, tensors: read }
  } catch (error) {
    dispose(one.tensors)
    throw error
  } finally {
    dispose(two?.tensors)
  }
}

/** The tensors that have a name among the values, and the others. */
const partition = (
  tensors: Graph['tensors'],
  values: Graph['values'],
): readonly [Graph['tensors'], Graph['tensors']] => {
  const [read, unread]: [[string, Tensor][], [string, Tensor][]] = [[], []]
  for (const entry of Object.entries(tensors)) (Object.hasOwn(values, entry[0]) ? read : unread).push(entry)
  return [Object.fromEntries(read), Object.fromEntries(unread)]
}
