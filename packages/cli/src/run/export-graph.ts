import { basename, join } from 'node:path'
import { keyOf } from '@resfn/archs'
import { onnxModel } from '@resfn/export-onnx'
import { tfjsModel } from '@resfn/export-tfjs'
import { encode, type EncodedModel, type Model } from '@resfn/onnx'
import { foldBatchNorm, type Graph, trace } from '@resfn/trace'
import { dispose } from '@resfn/tree'
import type { Context } from '../context/context.ts'
import { unwrap, usageError } from '../error.ts'
import { startBackend } from './backend.ts'
import type { Exporter, ExportJob } from './exporter.ts'
import { keysAskedFor } from './formats.ts'
import { fillFolder, writeParts } from './write-parts.ts'

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

/** What a net does, and what its model says of itself. */
type Traced = {
  readonly name: string
  readonly graph: Graph
  readonly nameOf: (path: string) => string
  readonly metadata: { readonly [name: string]: string }
}

/** Runs `work` on the graph of a net; nothing is left on the backend. */
const withGraph = async <A>(
  context: Context,
  { located, flags }: ExportJob,
  primitives: 'whole' | 'expanded',
  work: (traced: Traced) => Promise<A>,
): Promise<A> => {
  const isTarget = flags.format === 'onnx' || flags.format === 'tfjs'
  const { keys } = keysAskedFor(flags.net ?? located.name, isTarget ? undefined : flags.format)
  const backend = await startBackend(context, flags)
  const { name, net, input, classes, preprocessing } = located
  const variables = await located.variables()
  const held: unknown[] = [variables]
  try {
    const traced = trace(net, variables, { input, primitives })
    held.push(traced.tensors)
    const graph = flags.batchNorm === 'folded' ? foldBatchNorm(traced) : traced
    held.push(graph.tensors)
    const metadata = {
      net: name,
      classes: JSON.stringify(classes),
      ...(preprocessing !== undefined && { preprocessing: JSON.stringify(preprocessing) }),
    }
    return await work({ name, graph, nameOf: (path) => keyOf(path, keys), metadata })
  } finally {
    dispose(held)
    backend.dispose()
  }
}

/** The net with its weights, as a model of ONNX. */
export const exportOnnx: Exporter = (context, job) =>
  withGraph(context, job, 'whole', async ({ graph, ...options }) => {
    const model = unwrap(onnxModel(graph, options))
    const files = await write(context, model, job.out)
    const [operators, tensors] = [model.operators.length, model.initialisers.length]
    return {
      json: {
        format: 'onnx',
        tensors,
        operators,
        batchNorm: job.flags.batchNorm,
        input: model.inputs[0]!.shape,
        output: model.outputs[0]!.shape,
        files,
      },
      text: `${operators} operators (ONNX ${model.opset}) and ${tensors} tensors in ${files.join(' and ')}`,
    }
  })

/** The net with its weights, as a folder that `tf.loadGraphModel` reads: `model.json` comes last, when all is there. */
export const exportTfjs: Exporter = async (context, job) => {
  const { files } = context
  const page = join(job.out, 'model.json')
  if ((await files.kind(job.out)) === 'folder' && (await files.list(job.out)).length > 0)
    throw usageError(`${job.out} is a folder that holds something; choose another one (--out)`)
  return withGraph(context, job, 'expanded', async ({ graph, nameOf, metadata }) => {
    const model = unwrap(tfjsModel(graph, { nameOf, metadata }))
    const weights = model.files.map((file) => ({ ...file, path: join(job.out, file.name) }))
    const write = async (): Promise<void> => {
      for (const { path, read } of weights) await writeParts(context, path, read())
      await files.write(page, JSON.stringify(model.json))
    }
    await fillFolder(context, job.out, { paths: [...weights.map(({ path }) => path), page], write })
    const operators = model.json.modelTopology.node.filter(({ op }) => op !== 'Const' && op !== 'Placeholder').length
    const tensors = model.json.weightsManifest.flatMap((group) => group.weights).length
    const { input, output } = { ...model.json.signature.inputs, ...model.json.signature.outputs }
    const sizes = ({ tensorShape }: typeof input): readonly (number | string)[] =>
      tensorShape.dim.map(({ size }) => (size === '-1' ? 'batch' : Number(size)))
    return {
      json: {
        format: 'tfjs',
        tensors,
        operators,
        batchNorm: job.flags.batchNorm,
        input: sizes(input),
        output: sizes(output),
        files: [page, ...weights.map(({ path }) => path)],
      },
      text: `${operators} operations and ${tensors} tensors for tf.loadGraphModel in ${job.out}`,
    }
  })
}
