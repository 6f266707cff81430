import { basename, join, resolve } from 'node:path'
import { encodeMetadata, type Json } from '@resfn/checkpoint'
import type { NetConfig } from '@resfn/hub'
import { type ImportPlan, planImport, type PublishedWeights } from '@resfn/import'
import { formatShape, type Shape } from '@resfn/layer'
import { key } from '@resfn/random'
import { encodeHeader } from '@resfn/safetensors'
import type { ImportFlags } from '../commands/import.ts'
import type { Context } from '../context/context.ts'
import { CliError, unwrap, usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { formatOf, formatsOf } from '../run/formats.ts'
import { namesRepository, publishedNetOf } from '../run/located-net.ts'
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
  for (const name of names) yield bytesOf(unwrap(await byName.get(name)!.values()()))
}

const changes = ({ drawn, adapted }: ImportPlan, input: Shape): readonly string[] => [
  ...(adapted.length === 0 ? [] : [`adapted to ${formatShape(input)} images: ${adapted.join(', ')}`]),
  ...(drawn.length === 0 ? [] : [`drawn, because the file has another number of classes: ${drawn.join(', ')}`]),
]

/** Weights with what is known of their net. */
type Source = {
  /** the file, the folder or the repository, and its last name */
  readonly from: string
  readonly file: string
  readonly weights: PublishedWeights
  readonly revision?: string
  readonly config?: NetConfig
}

const sourceOf = async (context: Context, given: string, isNetGiven: boolean): Promise<Source> => {
  const { cwd, files } = context
  const path = resolve(cwd, given)
  const kind = await files.kind(path)
  const isPublished =
    kind === 'folder'
      ? (await files.kind(join(path, 'config.json'))) === 'file'
      : kind === 'none' && (await namesRepository(context, given))
  if (isPublished) {
    const { where, ...published } = await publishedNetOf(context, kind === 'folder' ? path : given)
    return { from: where, ...published }
  }
  if (!isNetGiven)
    throw usageError(
      `say which net the weights of ${given} are of: --net NAME; see resfn nets (a repository of the hub and a folder with config.json say it)`,
    )
  const opened = await openWeights(context, given)
  return { from: opened.path, file: basename(opened.path), weights: opened.weights }
}

/** The net to make, as the flags and the config say. */
const wantedOf = (flags: ImportFlags, { config }: Source) => {
  const name = flags.net ?? config?.architecture ?? ''
  const entry = netNamed(name)
  const classes = flags.classes ?? config?.classes.length ?? entry.classes
  const names = config !== undefined && config.classes.length === classes ? config.classes : undefined
  return {
    name,
    entry,
    classes: names ?? Array.from({ length: classes }, (_, label) => `class ${label}`),
    input: flags.input ?? config?.input ?? entry.input,
    // Images of another size are not those that the weights were trained on.
    ...(config !== undefined && flags.input === undefined && { preprocessing: config.preprocessing }),
  }
}

/** Makes a checkpoint of weights that another program wrote. */
export const importFile: Action<ImportFlags, [string]> = async (context, flags, given) => {
  const out = await target(context, flags.out)
  // A name that is wrong is told before anything is fetched.
  if (flags.net !== undefined) netNamed(flags.net)
  const source = await sourceOf(context, given, flags.net !== undefined)
  const { from, file, weights, revision } = source
  checkOtherFile(from, out)
  const { name, entry, classes, input, preprocessing } = wantedOf(flags, source)
  const plan = entry.make({ classes: classes.length }).plan(input)
  const format = formatOf(entry, name, { asked: flags.format, keys: weights.keys(), plan })
  const planned = planImport(weights, { plan, input, keys: formatsOf(entry)[format]!, key: key(flags.seed) })
  if (planned._tag === 'Left')
    throw new CliError(planned.left._tag, `${from}, as ${name} of ${format}: ${planned.left.message}`)
  const { leaves, drawn, adapted } = planned.right
  const origin = source.config === undefined ? {} : { source: from, ...(revision !== undefined && { revision }) }
  const training = {
    imported: { file, ...origin, format, drawn, adapted },
    ...(preprocessing !== undefined && { preprocessing }),
  }
  const metadata = encodeMetadata({
    net: { name, options: { classes: classes.length }, input, classes },
    training: training satisfies Json,
  })
  await writeParts(context, out, checkpointBytes(planned.right, metadata))
  return {
    json: {
      checkpoint: out,
      file: from,
      ...(revision !== undefined && { revision }),
      net: name,
      format,
      input,
      classes: classes.length,
      tensors: leaves.length,
      drawn,
      adapted,
    },
    text: [`${name}: ${leaves.length} tensors of ${from} (${format}) in ${out}`, ...changes(planned.right, input)].join(
      '\n',
    ),
  }
}
