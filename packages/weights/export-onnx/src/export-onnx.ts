import { either as E, type taskEither as TE } from 'fp-ts'
import type { Layer, Shape, Variables } from '@resfn/layer'
import { encode } from '@resfn/onnx'
import { foldBatchNorm, trace } from '@resfn/trace'
import { dispose } from '@resfn/tree'
import { type ModelOptions, onnxModel, type OnnxExportError } from './onnx-model.ts'

/** How a net is exported. */
export type ExportOnnxOptions = ModelOptions & {
  /** the shape of one input sample */
  readonly input: Shape
  /** whether batch normalisation stays an operator, which is the default, or goes into the convolution before it */
  readonly batchNorm?: 'kept' | 'folded'
}

/**
 * A net with its parameters and state as the bytes of an `.onnx` file.
 *
 * @param net any layer
 * @param variables its parameters and state, which are read when the task runs
 * @param options the shape of one sample, and what becomes of batch normalisation
 * @returns a task of the bytes, or of what cannot be exported
 * @throws ShapeError, VariablesError, TraceError as `trace` does
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { exportOnnx } from '@resfn/export-onnx'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { either as E } from 'fp-ts'
 *
 * const net = createNet('cifar-resnet8')
 * const file = await exportOnnx(net, init(net, key(0), net.input), { input: net.input, batchNorm: 'folded' })()
 * assert.ok(E.isRight(file) && file.right.length > 4 * 78000)
 * ```
 */
export const exportOnnx =
  <P, S>(
    net: Layer<P, S>,
    variables: Variables<P, S>,
    { input, batchNorm = 'kept', ...options }: ExportOnnxOptions,
  ): TE.TaskEither<OnnxExportError, Uint8Array> =>
  async () => {
    const traced = trace(net, variables, { input })
    const graph = batchNorm === 'folded' ? foldBatchNorm(traced) : traced
    try {
      const encoded = E.flatMap(encode)(onnxModel(graph, options))
      if (E.isLeft(encoded)) return encoded
      const bytes = new Uint8Array(encoded.right.length)
      let offset = 0
      for await (const part of encoded.right.parts()) {
        bytes.set(part, offset)
        offset += part.length
      }
      return E.right(bytes)
    } finally {
      dispose([traced.tensors, graph.tensors])
    }
  }
