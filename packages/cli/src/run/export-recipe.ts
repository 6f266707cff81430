import { join } from 'node:path'
import { nets } from '@resfn/archs'
import { planOf } from '@resfn/checkpoint'
import { type ExportedLeaf, metadata, planExport, publishedView } from '@resfn/export'
import { choosePaths } from '@resfn/layer'
import { balancedWeights } from '@resfn/losses'
import { fold, key, permutation } from '@resfn/random'
import { parseRates } from '@resfn/recipe'
import { encode, type TensorView, tensorView, typedArray } from '@resfn/safetensors'
import type { Context } from '../context/context.ts'
import { isFiles, limited } from '../data/data-part.ts'
import { loadData, type LoadedData } from '../data/load-data.ts'
import { CliError, unwrap, usageError } from '../error.ts'
import { csvRow } from '../text/csv.ts'
import { alternatives } from '../text/nearest.ts'
import { shellWord } from '../text/shell-word.ts'
import { type LoadedCheckpoint, notesOf } from './checkpoint-file.ts'
import type { Exporter } from './exporter.ts'
import { netNamed } from './net.ts'
import type { Settings } from './settings.ts'
import { slotNames, torchScript, type TorchTraining } from './torch-script.ts'
import { fillFolder } from './write-parts.ts'

/** Nets with keys in the manner of timm, whose names timm lacks. */
const notInTimm = new Set([
  'densenet264',
  ...['1s1x64d', '2s1x64d', '4s1x64d', '1s2x40d', '2s2x40d'].map((form) => `resnest50_fast_${form}`),
])

/** The nets that `create_model` of timm makes with the same tensors. */
export const timmNames: readonly string[] = Object.keys(nets).filter(
  (name) => nets[name]!.keys?.['timm'] !== undefined && !notInTimm.has(name),
)

/** Settings that the script has no form for, by their flags. */
const unsupported = (settings: Settings): readonly string[] => {
  const { optimiser, freeze, teacher, ema, microBatch, patience, loss, scale, randAugment, colourJitter } = settings
  const flags: { readonly [flag: string]: boolean } = {
    '--optimiser lamb': optimiser === 'lamb',
    '--freeze': freeze !== '',
    '--teacher': teacher !== '',
    '--ema': ema > 0,
    '--micro-batch': microBatch > 0,
    '--patience': patience > 0,
    '--loss binary': loss === 'binary',
    '--rand-augment or --colour-jitter without --scale': scale === 0 && (randAugment !== '' || colourJitter > 0),
  }
  return Object.keys(flags).filter((flag) => flags[flag] === true)
}

/** Throws a `CliError` where the training cannot be handed over, before anything is written. */
const checkRecipe = (name: string, settings: Settings): void => {
  if (!timmNames.includes(name))
    throw usageError(
      `timm has no ${name}, so there is no recipe for it; nets that it has are ${alternatives(['resnet18', 'resnet50', 'densenet121'])}, … (export the weights with --out net.safetensors, or the net with --out net.onnx)`,
    )
  const wrong = unsupported(settings)
  if (wrong.length > 0)
    throw usageError(
      `a recipe has no form for ${wrong.join(', ')}, which the run was trained with; export its weights with --out net.safetensors`,
    )
}

const trainingSet = (settings: Settings, { train, digest }: LoadedData, wanted: string): ReturnType<typeof limited> => {
  if (digest !== wanted)
    throw new CliError('OtherData', `${settings.data}: these are other images than those of the run; put those back`)
  return limited(train, settings.images)
}

type Named = ExportedLeaf & { readonly name: string }

/** The parameters, as timm names them, in groups that decay and learn alike. */
const groupsOf = (
  leaves: readonly Named[],
  ranks: ReadonlyMap<string, number>,
  { weightDecay, rates }: Settings,
): readonly { readonly names: readonly string[]; readonly decay: number; readonly factor: number }[] => {
  const paths = leaves.map(({ name }) => name.replace('params.', ''))
  const factors = new Map<string, number>()
  for (const [patterns, factor] of Object.entries(parseRates(rates)))
    for (const path of choosePaths(patterns, paths)) if (!factors.has(path)) factors.set(path, factor)
  const groups = new Map<string, { names: string[]; decay: number; factor: number }>()
  leaves.forEach(({ key: published }, i) => {
    const [decay, factor] = [ranks.get(paths[i]!)! > 1 ? weightDecay : 0, factors.get(paths[i]!) ?? 1]
    const id = `${decay} ${factor}`
    if (!groups.has(id)) groups.set(id, { names: [], decay, factor })
    groups.get(id)!.names.push(published)
  })
  return [...groups.values()]
}

/** The images that are left in the epoch of a run, in the order that it has for them. */
const orderOf = (
  { seed, batch }: Settings,
  examples: number,
  cursor: { readonly epoch: number; readonly batch: number },
): Int32Array =>
  Int32Array.from(
    permutation(fold(fold(fold(key(seed), 'data'), 'order'), cursor.epoch), examples).slice(cursor.batch * batch),
  )

const safetensors = (tensors: readonly (readonly [string, TensorView])[]): Uint8Array =>
  unwrap(encode({ tensors, metadata }))

/** The images of a run: those in memory as tensors, and files as lists. */
const dataFiles = (
  train: LoadedData['train'],
  test: LoadedData['test'],
): { readonly [name: string]: string | Uint8Array } => {
  if (isFiles(train) || isFiles(test)) {
    const list = (part: LoadedData['train']): string =>
      isFiles(part) ? part.paths.map((path, i) => csvRow(path, part.labels[i]!)).join('') : ''
    return { 'train.csv': list(train), 'test.csv': list(test) }
  }
  const tensors = Object.entries({ train, test }).flatMap(([part, { images, labels, shape }]) => [
    [`${part}.images`, tensorView('U8', [labels.length, ...shape], images)] as const,
    [`${part}.labels`, tensorView('I32', [labels.length], Int32Array.from(labels))] as const,
  ])
  return { 'data.safetensors': safetensors(tensors) }
}

const readme = ({ net, classes, input, step, cursor, settings }: TorchTraining): string =>
  [
    `${net} after step ${step}, epoch ${cursor.epoch} of ${settings.epochs}: its weights and optimiser for PyTorch, with the script that goes on (pip install torch torchvision timm safetensors).`,
    'Go on with: torchrun --nproc-per-node 2 train.py (on N machines --nnodes N --rdzv-backend c10d --rdzv-endpoint HOST:29500; --nproc-per-node is the number of GPUs).',
    `Back to resfn: resfn import trained.safetensors --net ${shellWord(net)} --format timm --classes ${classes} --input ${input.join('x')} --out FOLDER`,
    '',
  ].join('\n')

/** What is written of a run, file by file. */
const filesOf = async (
  context: Context,
  loaded: LoadedCheckpoint,
): Promise<{ readonly [name: string]: string | Uint8Array }> => {
  const { checkpoint, net, name, path } = loaded
  const { settings, digest, preprocessing } = notesOf(loaded)
  const { progress } = checkpoint
  const { input, classes } = checkpoint.description.net
  checkRecipe(name, settings)
  if (progress === undefined || progress.cursor.epoch >= settings.epochs)
    throw usageError(
      `${path}: all ${settings.epochs} epochs are done, so nothing is left to hand over; export its weights with --out net.safetensors`,
    )
  const data = await loadData(context, settings.data, { ...settings, reason: 'those of the run' })
  const set = trainingSet(settings, data, digest)
  const plan = unwrap(planOf(checkpoint, { net, name, input }))
  const leaves = planExport(plan, netNamed(name).keys!['timm']!)
  const valuesOf = (tensor: string): Float32Array => typedArray(checkpoint.tensors.get(tensor) as TensorView<'F32'>)
  const params = leaves.filter((leaf): leaf is Named => leaf.name?.startsWith('params.') === true)
  const ranks = new Map(
    params.map((leaf) => {
      const own = leaf.name.replace('params.', '')
      return [own, checkpoint.tensors.get(leaf.name)!.shape.length] as const
    }),
  )
  const slots = Object.entries(slotNames(settings)).flatMap(([slot, theirs]) =>
    params.map((leaf) => {
      const values = valuesOf(leaf.name.replace('params.', `optimiser.${slot}.`))
      return [`${theirs}.${leaf.key}`, publishedView(leaf, values)] as const
    }),
  )
  const order = orderOf(settings, set.labels.length, progress.cursor)
  const training: TorchTraining = {
    settings,
    net: name,
    classes: classes.length,
    input,
    examples: set.labels.length,
    step: progress.step,
    cursor: progress.cursor,
    view: isFiles(set) ? preprocessing : undefined,
    moments: settings.normalise
      ? data.source.moments
      : { mean: input[2] === 1 ? [0] : [0, 0, 0], std: input[2] === 1 ? [1] : [1, 1, 1] },
    weights: settings.balance ? balancedWeights(set.labels, set.classes.length) : undefined,
  }
  return {
    'weights.safetensors': safetensors(
      leaves.map(
        (leaf) => [leaf.key, publishedView(leaf, leaf.name === undefined ? undefined : valuesOf(leaf.name))] as const,
      ),
    ),
    'state.safetensors': safetensors([...slots, ['order', tensorView('I32', [order.length], order)]]),
    'parameters.json': `${JSON.stringify(groupsOf(params, ranks, settings), null, 1)}\n`,
    ...dataFiles(set, data.test),
    'train.py': torchScript(training),
    'README.md': readme(training),
  }
}

/** The training of a run for PyTorch: weights, optimiser, images, and a script that goes on from the same step. */
export const exportRecipe: Exporter = async (context, { located: { loaded, where }, out }) => {
  const { files } = context
  if (loaded === undefined)
    throw usageError(
      `${where} is not a run, so there is no training to hand over; give the folder of one of resfn train`,
    )
  if ((await files.kind(out)) === 'folder' && (await files.list(out)).length > 0)
    throw usageError(`${out} is a folder that holds something; choose another one (--out)`)
  const content = await filesOf(context, loaded)
  const paths = Object.keys(content).map((name) => join(out, name))
  const write = async (): Promise<void> => {
    for (const [name, bytes] of Object.entries(content)) await files.write(join(out, name), bytes)
  }
  await fillFolder(context, out, { paths, write })
  const { progress } = loaded.checkpoint
  return {
    json: { format: 'recipe', step: progress?.step, files: paths },
    text: `the training after step ${progress?.step} in ${out}; go on with: torchrun --nproc-per-node 2 ${join(out, 'train.py')}`,
  }
}
