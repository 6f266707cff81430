import { basename, resolve } from 'node:path'
import { encodeMetadata } from '@resfn/checkpoint'
import { type ImportPlan, planImport } from '@resfn/import'
import { formatShape, type Shape } from '@resfn/layer'
import { key } from '@resfn/random'
import { encodeHeader } from '@resfn/safetensors'
import type { ImportFlags } from '../commands/import.ts'
import type { Context } from '../context/context.ts'
import { CliError, unwrap, usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { formatOf, formatsOf } from '../run/formats.ts'
import { netNamed } from '../run/net.ts'
import { runFolder } from '../run/run-folder.ts'
import { openWeights } from '../run/weights-file.ts'
import { checkOtherFile, writeParts } from '../run/write-parts.ts'

/** The file to write: the one that was named, or that of a new run. */
const target = async ({ cwd, files }: Context, out: string): Promise<string> => {
  const path = resolve(cwd, out)
  if (path.endsWith('.safetensors')) return path
  const { folder, checkpoint } = runFolder(path)
  if ((await files.kind(checkpoint)) !== 'none')
    throw usageError(`${folder} already holds a run; choose another folder (--out)`)
  return checkpoint
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The bytes of a checkpoint; one tensor after the other is read. */
const checkpointBytes = async function* (
  { leaves }: ImportPlan,
  metadata: readonly (readonly [string, string])[],
): AsyncGenerator<Uint8Array> {
  const tensors = leaves.map(({ name, shape }) => [name, { dtype: 'F32', shape }] as const)
  const { bytes, names } = unwrap(encodeHeader({ tensors, metadata }))
  const byName = new Map(leaves.map((leaf) => [leaf.name, leaf]))
  yield bytes
  for (const name of names) yield bytesOf(unwrap(await byName.get(name)!.values()))
}

const changes = ({ drawn, adapted }: ImportPlan, input: Shape): readonly string[] => [
  ...(adapted.length === 0 ? [] : [`adapted to ${formatShape(input)} images: ${adapted.join(', ')}`]),
  ...(drawn.length === 0 ? [] : [`drawn, because the file has another number of classes: ${drawn.join(', ')}`]),
]

/** Makes a checkpoint of a file of weights. */
export const importFile: Action<ImportFlags, [string]> = async (context, flags, given) => {
  const entry = netNamed(flags.net)
  const { classes = entry.classes, input = entry.input } = flags
  const out = await target(context, flags.out)
  const { path, weights } = await openWeights(context, given)
  checkOtherFile(path, out)
  const plan = entry.make({ classes }).plan(input)
  const format = formatOf(entry, flags.net, { asked: flags.format, keys: weights.keys(), plan })
  const planned = planImport(weights, { plan, input, keys: formatsOf(entry)[format]!, key: key(flags.seed) })
  if (planned._tag === 'Left')
    throw new CliError(planned.left._tag, `${path}, as ${flags.net} of ${format}: ${planned.left.message}`)
  const { leaves, drawn, adapted } = planned.right
  const metadata = encodeMetadata({
    net: {
      name: flags.net,
      options: { classes },
      input,
      classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
    },
    training: { imported: { file: basename(path), format, drawn, adapted } },
  })
  await writeParts(context, out, checkpointBytes(planned.right, metadata))
  return {
    json: {
      checkpoint: out,
      file: path,
      net: flags.net,
      format,
      input,
      classes,
      tensors: leaves.length,
      drawn,
      adapted,
    },
    text: [
      `${flags.net}: ${leaves.length} tensors of ${path} (${format}) in ${out}`,
      ...changes(planned.right, input),
    ].join('\n'),
  }
}
