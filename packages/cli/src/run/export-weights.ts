import { planOf } from '@resfn/checkpoint'
import { type ExportedLeaf, metadata, planExport, publishedView } from '@resfn/export'
import { encodeHeader, type TensorView, typedArray } from '@resfn/safetensors'
import { dispose, flatten } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'
import { unwrap, usageError } from '../error.ts'
import { startBackend } from './backend.ts'
import type { LoadedCheckpoint } from './checkpoint-file.ts'
import type { Exporter, ExportJob } from './exporter.ts'
import { keysAskedFor } from './formats.ts'
import { writeParts } from './write-parts.ts'

/** The bytes of a published file; one tensor after the other is read and turned. */
const publishedBytes = async function* (
  leaves: readonly ExportedLeaf[],
  valuesOf: (name: string) => Promise<Float32Array>,
): AsyncGenerator<Uint8Array> {
  const { bytes, names } = unwrap(encodeHeader({ tensors: leaves.map((leaf) => [leaf.key, leaf]), metadata }))
  const byKey = new Map(leaves.map((leaf) => [leaf.key, leaf]))
  yield bytes
  for (const key of names) {
    const leaf = byKey.get(key)!
    yield publishedView(leaf, leaf.name === undefined ? undefined : await valuesOf(leaf.name)).data
  }
}

const dtypes = { float32: 'F32', float16: 'F16' } as const

/** The weights of a checkpoint: its file has the tensors. */
const checkpointWeights = async (context: Context, { checkpoint, net, name }: LoadedCheckpoint, job: ExportJob) => {
  const { format, keys } = keysAskedFor(job.flags.net ?? name, job.flags.format)
  const plan = unwrap(planOf(checkpoint, { net, name, input: checkpoint.description.net.input }))
  const leaves = planExport(plan, keys, { dtype: dtypes[job.flags.dtype] })
  // The plan of the net was compared with the tensors, so each is there, as F32.
  const valuesOf = async (leaf: string) => typedArray(checkpoint.tensors.get(leaf) as TensorView<'F32'>)
  await writeParts(context, job.out, publishedBytes(leaves, valuesOf))
  return { format, tensors: leaves.length }
}

/** The weights of a published net, under the keys of another program. */
const otherWeights = async (context: Context, { located, out, flags }: ExportJob) => {
  const { format, keys } = keysAskedFor(located.name, flags.format)
  const backend = await startBackend(context, flags)
  const { net, input } = located
  const variables = await located.variables()
  try {
    const leaves = planExport(net.plan(input), keys, { dtype: dtypes[flags.dtype] })
    const tensors = new Map(flatten<Tensor>(variables).map(({ path, leaf }) => [path, leaf]))
    await writeParts(
      context,
      out,
      publishedBytes(leaves, (leaf) => tensors.get(leaf)!.data<'float32'>()),
    )
    return { format, tensors: leaves.length }
  } finally {
    dispose(variables)
    backend.dispose()
  }
}

/** The weights alone, as a safetensors file with the keys of another program. */
export const exportWeights: Exporter = async (context, job) => {
  const { located, out, flags } = job
  if (flags.batchNorm === 'folded')
    throw usageError(
      `${out} holds weights under the keys of a net that has batch normalisation; leave out --batch-norm`,
    )
  const { loaded } = located
  const json = loaded === undefined ? await otherWeights(context, job) : await checkpointWeights(context, loaded, job)
  return { json, text: `${json.tensors} tensors for ${json.format} in ${out}` }
}
