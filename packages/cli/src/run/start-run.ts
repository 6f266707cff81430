import { resolve } from 'node:path'
import { planOf } from '@resfn/checkpoint'
import { checkLastBatch } from '@resfn/loop'
import { BatchError, checkRun, startRun } from '@resfn/step'
import { sgd } from '@resfn/optimisers'
import { initHead } from '@resfn/surgery'
import { dispose, leaves } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import { fold, key } from '@resfn/random'
import { type Context, say } from '../context/context.ts'
import { isFiles } from '../data/data-part.ts'
import { dataSource, holdsOwnPhotos, loadData } from '../data/load-data.ts'
import { CliError, toCliError, unwrap, usageError } from '../error.ts'
import { announce } from './announce.ts'
import { startBackend } from './backend.ts'
import { type CheckpointNotes, teacherNote } from './checkpoint-file.ts'
import { locateNet, type LocatedNet } from './located-net.ts'
import { netNamed } from './net.ts'
import type { AnyVariables } from './evaluation.ts'
import { engineOf } from './engine.ts'
import { defaultFolder, type RunFolder, runFolder } from './run-folder.ts'
import { withRunLocked } from './run-lock.ts'
import { sameClasses } from './same-classes.ts'
import { type SettingFlags, type Settings, settingsFrom } from './settings.ts'
import { leads } from './ranks.ts'
import { type AnyRun, broadcastFirst, type OpenRun, saveRun } from './train-run.ts'
import { photoPreprocessing, photoView, pictureView } from './photo-preprocessing.ts'
import { type Learner, learnerOf, setupOf, type TrainingSetup } from './training-setup.ts'

const argsJson = (context: Context, { settings, data, size, input, teacher }: TrainingSetup, started: number): string =>
  `${JSON.stringify(
    {
      started: new Date(started).toISOString(),
      settings,
      net: { name: settings.net, input, classes: data.train.classes, ...size },
      ...(teacher !== undefined && { teacher: teacherNote(teacher) }),
      data: { ...data.origin, train: data.train.labels.length, test: data.test.labels.length, sha256: data.digest },
      versions: context.versions,
      machine: context.machine,
      ...(context.ranks && { ranks: { size: context.ranks.collective.size, engine: context.ranks.engine } }),
    },
    null,
    2,
  )}\n`

const checkNoRun = async ({ files }: Context, { folder, checkpoint }: RunFolder): Promise<void> => {
  if ((await files.kind(checkpoint)) !== 'none')
    throw usageError(
      `${folder} already holds a run; go on with it (--resume ${folder}) or choose another folder (--out)`,
    )
}

/** The folder that was asked for, or a default one that no other run has, and whether it was not there before. */
const makeFolder = async (
  { cwd, files }: Context,
  { out, started, net }: { readonly out: string | undefined; readonly started: number; readonly net: string },
): Promise<{ readonly files: RunFolder; readonly isNew: boolean }> => {
  if (out !== undefined) {
    const folder = resolve(cwd, out)
    return { isNew: await files.makeFolder(folder), files: runFolder(folder) }
  }
  for (let number = 1; ; number++) {
    const folder = resolve(cwd, defaultFolder(started, net, number))
    if (await files.makeFolder(folder)) return { isNew: true, files: runFolder(folder) }
  }
}

/** A batch size that the net cannot train with is said before there is a folder. */
const checkBatches = (setup: TrainingSetup, { net }: Learner, run: AnyRun): void => {
  const { sizes } = setup.reading.batches(run.cursor)
  if (sizes === undefined) return
  try {
    checkLastBatch(net, run, setup.input, sizes)
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    const { examples, full, last } = sizes
    let better = full + 1
    while (examples % better === 1) better++
    throw usageError(
      `${examples} training images in batches of ${full} leave a last batch of ${last}, and batch normalisation in ${setup.settings.net} needs more than that; take another --batch, such as ${better}`,
    )
  }
}

/** The weights of a checkpoint for a net, with a new head where it told other classes apart. */
const startingWeights = async (
  context: Context,
  { settings, net, input, data }: TrainingSetup,
  run: AnyRun,
  from: LocatedNet,
): Promise<AnyVariables> => {
  const { classes, loaded } = from
  if (from.name !== settings.net)
    throw usageError(
      `${from.where}: it has the weights of ${from.name}, not of ${settings.net}; leave --net away, or give --net ${from.name}`,
    )
  const given = await from.variables()
  try {
    if (sameClasses(classes, data.train.classes)) {
      // Images of a data set are not fitted to a net; photos are.
      if (!isFiles(data.train) && loaded !== undefined)
        unwrap(planOf(loaded.checkpoint, { net, name: settings.net, input }))
      checkRun(net, { ...run, ...given }, input)
      return given
    }
    const variables = initHead(net, given, fold(key(settings.seed), 'head'), input)
    const kept = new Set(leaves<Tensor>(variables))
    dispose(leaves<Tensor>(given).filter((tensor) => !kept.has(tensor)))
    say(context, `a new head for ${data.train.classes.length} classes, in the place of that for ${classes.length}`)
    return variables
  } catch (error) {
    dispose(given)
    const { _tag, message } = toCliError(error)
    const shape = `--input ${input.join('x')} --classes ${data.train.classes.length}`
    throw new CliError(
      _tag,
      `${from.where}: ${message}, or import its weights for these images: resfn import FILE --net ${settings.net} ${shape} --out FOLDER`,
      { cause: error },
    )
  }
}

/** The first state of a run, drawn from the seed or with the weights of a checkpoint, and what of it learns. */
const firstRun = async (
  context: Context,
  setup: TrainingSetup,
  from: LocatedNet | undefined,
): Promise<{ readonly run: AnyRun; readonly learner: Learner }> => {
  const { settings, net, optimiser, input } = setup
  // The optimiser of the run remembers only what learns.
  const drawn = startRun(net, { optimiser: sgd(), key: fold(key(settings.seed), 'run'), input }) as AnyRun
  const weights = from === undefined ? undefined : await startingWeights(context, setup, drawn, from)
  if (weights !== undefined) dispose([drawn.params, drawn.state])
  const learner = learnerOf(setup, weights ?? drawn)
  const { params, state } = learner.variables
  return { run: { ...drawn, params, state, optimiser: optimiser.init(params) }, learner }
}

/** The whole path where there is something at it, so that a run is resumed from wherever; else the name. */
const absolute = async ({ cwd, files }: Context, given: string): Promise<string> => {
  if (given === '') return given
  const path = resolve(cwd, given)
  return (await files.kind(path)) === 'none' ? given : path
}

/** A new run in a folder that has none. */
export const startNewRun = async (
  context: Context,
  flags: SettingFlags,
  { out, from }: { readonly out: string | undefined; readonly from: string | undefined },
): Promise<OpenRun> => {
  const loaded = from === undefined ? undefined : await locateNet(context, from)
  const isPhotos = await holdsOwnPhotos(context, flags.data)
  const withPreset = isPhotos && flags.preset === undefined ? { ...flags, preset: 'photos' } : flags
  const asked = settingsFrom(loaded === undefined ? withPreset : { ...withPreset, net: flags.net ?? loaded.name })
  const entry = netNamed(asked.net)
  const started = context.now()
  if (out !== undefined) await checkNoRun(context, runFolder(resolve(context.cwd, out)))
  const data = await loadData(context, asked.data, asked)
  const backend = await startBackend(context, asked)
  // What was chosen is kept, so that the run is resumed with the same images, backend and number of threads, from
  // wherever.
  const settings: Settings = {
    ...asked,
    data: data.origin.folder ?? 'subset',
    backend: backend.backend,
    threads: backend.threads ?? 0,
    teacher: await absolute(context, asked.teacher),
  }
  const preprocessing = isFiles(data.train)
    ? photoPreprocessing(settings, entry, loaded && photoView(loaded))
    : undefined
  const net = entry.make({ classes: data.train.classes.length })
  const setup = await setupOf(context, { settings, net, data, preprocessing })
  const { run: drawn, learner } = await firstRun(context, setup, loaded)
  announce(context, setup, learner)
  checkBatches(setup, learner, drawn)
  const run = await broadcastFirst(context, drawn)
  const { files, isNew } = await makeFolder(context, { out, started, net: asked.net })
  const engines = [engineOf(context, backend)]
  const { source } = data
  // Other pictures than those of Fashion-MNIST are seen as photos are.
  const stored =
    preprocessing ??
    (source.moments === dataSource.moments ? undefined : pictureView(setup.input, source.moments, settings.normalise))
  const [height = 1, width = 1, channels = 1] = setup.input
  const notes: CheckpointNotes = {
    settings,
    image: isFiles(data.train) ? [height, width, channels] : data.train.shape,
    ...(stored !== undefined && { preprocessing: stored }),
    digest: data.digest,
    ...(setup.teacher !== undefined && { teacher: teacherNote(setup.teacher) }),
    logBytes: 0,
    started,
    engines,
  }
  if (!leads(context)) return { setup, learner, files, notes, run, backend, release: async () => {} }
  return withRunLocked(context, files, async (release) => {
    // Another process may have started a run there in the meantime.
    await checkNoRun(context, files)
    const discard = async (): Promise<void> => {
      const { args, log, board, checkpoint, folder } = files
      for (const path of [args, log, board, checkpoint]) await context.files.remove(path)
      await release()
      if (isNew) await context.files.removeFolder(folder)
    }
    const open: OpenRun = { setup, learner, files, notes, run, backend, release, discard }
    await context.files.write(files.args, argsJson(context, setup, started))
    await context.files.write(files.log, '')
    await saveRun(context, open)
    return open
  })
}
