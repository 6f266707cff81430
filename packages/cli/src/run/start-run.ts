import { resolve } from 'node:path'
import { restoreVariables } from '@resfn/checkpoint'
import { checkLastBatch } from '@resfn/loop'
import { BatchError, startRun } from '@resfn/step'
import { dispose } from '@resfn/tree'
import { fold, key } from '@resfn/random'
import type { Context } from '../context/context.ts'
import { loadData } from '../data/load-data.ts'
import { CliError, usageError } from '../error.ts'
import { announce } from './announce.ts'
import { startBackend } from './backend.ts'
import { type LoadedCheckpoint, openCheckpoint } from './checkpoint-file.ts'
import { netNamed } from './net.ts'
import { engineOf } from './engine.ts'
import { defaultFolder, type RunFolder, runFolder } from './run-folder.ts'
import { withRunLocked } from './run-lock.ts'
import { type SettingFlags, type Settings, settingsFrom } from './settings.ts'
import { type AnyRun, type OpenRun, saveRun } from './train-run.ts'
import { setupOf, trainingOf, type TrainingSetup } from './training-setup.ts'

const argsJson = (context: Context, { settings, data, size, input }: TrainingSetup, started: number): string =>
  `${JSON.stringify(
    {
      started: new Date(started).toISOString(),
      settings,
      net: { name: settings.net, input, classes: data.train.classes, ...size },
      data: { ...data.origin, train: data.train.labels.length, test: data.test.labels.length, sha256: data.digest },
      versions: context.versions,
      machine: context.machine,
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

/** The folder that was asked for, or a default one that no other run has. */
const makeFolder = async (
  { cwd, files }: Context,
  { out, started, net }: { readonly out: string | undefined; readonly started: number; readonly net: string },
): Promise<RunFolder> => {
  if (out !== undefined) {
    const folder = resolve(cwd, out)
    await files.makeFolder(folder)
    return runFolder(folder)
  }
  for (let number = 1; ; number++) {
    const folder = resolve(cwd, defaultFolder(started, net, number))
    if (await files.makeFolder(folder)) return runFolder(folder)
  }
}

/** A batch size that the net cannot train with is said before there is a folder. */
const checkBatches = (setup: TrainingSetup, run: AnyRun): void => {
  const { sizes } = trainingOf(setup, new AbortController().signal).batches(run.cursor)
  if (sizes === undefined) return
  try {
    checkLastBatch(setup.net, run, setup.input, sizes)
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

/** The first state of a run: drawn from the seed, or with the weights of a checkpoint. */
const firstRun = (
  { settings, net, optimiser, input, data }: TrainingSetup,
  from: LoadedCheckpoint | undefined,
): AnyRun => {
  const run = startRun(net, { optimiser, key: fold(key(settings.seed), 'run'), input }) as AnyRun
  if (from === undefined) return run
  const weights = restoreVariables(from.checkpoint, { net, name: settings.net, input })
  if (weights._tag === 'Left') {
    const { _tag, message } = weights.left
    const shape = `--input ${input.join('x')} --classes ${data.train.classes.length}`
    throw new CliError(
      _tag,
      `${from.path}: ${message}, or import its weights for these images: resfn import FILE --net ${settings.net} ${shape} --out FOLDER`,
    )
  }
  dispose([run.params, run.state])
  return { ...run, ...weights.right }
}

/** A new run in a folder that has none. */
export const startNewRun = async (
  context: Context,
  flags: SettingFlags,
  { out, from }: { readonly out: string | undefined; readonly from: string | undefined },
): Promise<OpenRun> => {
  const loaded = from === undefined ? undefined : await openCheckpoint(context, from)
  const asked = settingsFrom(loaded === undefined ? flags : { ...flags, net: flags.net ?? loaded.name })
  const { make } = netNamed(asked.net)
  const started = context.now()
  if (out !== undefined) await checkNoRun(context, runFolder(resolve(context.cwd, out)))
  const data = await loadData(context, asked.data)
  const backend = await startBackend(context, asked)
  // What was chosen is kept, so that the run is resumed with the same images, backend and number of threads, from
  // wherever.
  const settings: Settings = {
    ...asked,
    data: data.origin.folder ?? 'subset',
    backend: backend.backend,
    threads: backend.threads ?? 0,
  }
  const setup = setupOf(settings, make({ classes: data.train.classes.length }), data)
  const run = firstRun(setup, loaded)
  announce(context, setup)
  checkBatches(setup, run)
  const files = await makeFolder(context, { out, started, net: asked.net })
  const engines = [engineOf(context, backend)]
  const notes = { settings, image: data.train.shape, digest: data.digest, logBytes: 0, started, engines }
  return withRunLocked(context, files, async (release) => {
    // Another process may have started a run there in the meantime.
    await checkNoRun(context, files)
    const open: OpenRun = { setup, files, notes, run, backend, release }
    await context.files.write(files.args, argsJson(context, setup, started))
    await context.files.write(files.log, '')
    await saveRun(context, open)
    return open
  })
}
