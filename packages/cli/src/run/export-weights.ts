import { planOf } from '@resfn/checkpoint'
import { type ExportedLeaf, metadata, planExport, publishedView } from '@resfn/export'
import { encodeHeader, type TensorView, typedArray } from '@resfn/safetensors'
import { unwrap, usageError } from '../error.ts'
import type { Exporter } from './exporter.ts'
import { keysAskedFor } from './formats.ts'
import { writeParts } from './write-parts.ts'

/** The bytes of a published file; one tensor after the other is turned. */
const publishedBytes = async function* (
  leaves: readonly ExportedLeaf[],
  tensors: ReadonlyMap<string, TensorView>,
): AsyncGenerator<Uint8Array> {
  const { bytes, names } = unwrap(encodeHeader({ tensors: leaves.map((leaf) => [leaf.key, leaf]), metadata }))
  const byKey = new Map(leaves.map((leaf) => [leaf.key, leaf]))
  yield bytes
  for (const key of names) {
    const leaf = byKey.get(key)!
    // The plan of the net was compared with the tensors, so each is there, as F32.
    const view = leaf.name === undefined ? undefined : (tensors.get(leaf.name) as TensorView<'F32'>)
    yield publishedView(leaf, view && typedArray(view)).data
  }
}

/** The weights alone, as a safetensors file with the keys of another program. */
export const exportWeights: Exporter = async (context, { loaded: { checkpoint, net, name }, out, flags }) => {
  if (flags.batchNorm === 'folded')
    throw usageError(
      `${out} holds weights under the keys of a net that has batch normalisation; leave out --batch-norm`,
    )
  const { format, keys } = keysAskedFor(flags.net ?? name, flags.format)
  const plan = unwrap(planOf(checkpoint, { net, name, input: checkpoint.description.net.input }))
  const leaves = planExport(plan, keys)
  await writeParts(context, out, publishedBytes(leaves, checkpoint.tensors))
  return { json: { format, tensors: leaves.length }, text: `${leaves.length} tensors for ${format} in ${out}` }
}
