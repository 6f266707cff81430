import { basename } from 'node:path'
import { keyOf } from '@resfn/archs'
import { onnxModel } from '@resfn/export-onnx'
import { encode, type EncodedModel, type Model } from '@resfn/onnx'
import { foldBatchNorm, trace } from '@resfn/trace'
import { dispose } from '@resfn/tree'
import type { Context } from '../context/context.ts'
import { unwrap } from '../error.ts'
import { startBackend } from './backend.ts'
import { variablesOf } from './checkpoint-file.ts'
import type { Exporter } from './exporter.ts'
import { keysAskedFor } from './formats.ts'
import { writeParts } from './write-parts.ts'

/** The bytes of a model; tensors that one file cannot hold lie in a second one beside it. */
const encoded = (model: Model, out: string): { readonly file: EncodedModel; readonly beside?: string } => {
  const whole = encode(model)
  if (whole._tag === 'Right') return { file: whole.right }
  if (whole.left._tag !== 'TooLarge') return { file: unwrap(whole) }
  const beside = `${out}.data`
  return { file: unwrap(encode(model, { beside: basename(beside) })), beside }
}

const write = async (context: Context, model: Model, out: string): Promise<readonly string[]> => {
  const { file, beside } = encoded(model, out)
  if (beside !== undefined) await writeParts(context, beside, file.beside())
  await writeParts(context, out, file.parts())
  return beside === undefined ? [out] : [out, beside]
}

/** The net with its weights, as a model of ONNX. */
export const exportGraph: Exporter = async (context, { loaded, out, flags }) => {
  const { name, net, checkpoint } = loaded
  const { keys } = keysAskedFor(flags.net ?? name, flags.format === 'onnx' ? undefined : flags.format)
  const { input, classes } = checkpoint.description.net
  const backend = await startBackend(context, flags)
  const variables = variablesOf(loaded)
  const traced = trace(net, variables, { input })
  const graph = flags.batchNorm === 'folded' ? foldBatchNorm(traced) : traced
  try {
    const metadata = { net: name, classes: JSON.stringify(classes) }
    const model = unwrap(onnxModel(graph, { name, nameOf: (path) => keyOf(path, keys), metadata }))
    const files = await write(context, model, out)
    return {
      json: {
        format: 'onnx',
        tensors: model.initialisers.length,
        operators: model.operators.length,
        batchNorm: flags.batchNorm,
        input: model.inputs[0]!.shape,
        output: model.outputs[0]!.shape,
        files,
      },
      text: `${model.operators.length} operators (ONNX ${model.opset}) and ${model.initialisers.length} tensors in ${files.join(' and ')}`,
    }
  } finally {
    dispose([variables, traced.tensors, graph.tensors])
    backend.dispose()
  }
}
