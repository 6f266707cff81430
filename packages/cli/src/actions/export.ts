import { resolve } from 'node:path'
import { planOf } from '@resfn/checkpoint'
import { type ExportedLeaf, metadata, planExport, publishedView } from '@resfn/export'
import { encodeHeader, type TensorView, typedArray } from '@resfn/safetensors'
import type { ExportFlags } from '../commands/export.ts'
import { unwrap, usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { openCheckpoint } from '../run/checkpoint-file.ts'
import { formatNamed, formatsOf } from '../run/formats.ts'
import { netNamed } from '../run/net.ts'
import { checkOtherFile, writeParts } from '../run/write-parts.ts'

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

/** Writes the weights of a checkpoint for another program. */
export const exportCheckpoint: Action<ExportFlags, [string]> = async (context, flags, given) => {
  const out = resolve(context.cwd, flags.out)
  if (!out.endsWith('.safetensors'))
    throw usageError(`${out} is written as safetensors; give it a name that ends in .safetensors (--out)`)
  const { path, checkpoint, net, name } = await openCheckpoint(context, given, flags.net)
  checkOtherFile(path, out)
  const entry = netNamed(flags.net ?? name)
  const formats = formatsOf(entry)
  const format =
    flags.format === undefined ? Object.keys(formats)[0]! : formatNamed(entry, flags.net ?? name, flags.format)
  const plan = unwrap(planOf(checkpoint, { net, name, input: checkpoint.description.net.input }))
  const leaves = planExport(plan, formats[format]!)
  await writeParts(context, out, publishedBytes(leaves, checkpoint.tensors))
  return {
    json: { file: out, checkpoint: path, net: name, format, tensors: leaves.length },
    text: `${name}: ${leaves.length} tensors for ${format} in ${out}`,
  }
}
