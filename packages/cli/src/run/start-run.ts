import { resolve } from 'node:path'
import { startRun } from '@resfn/step'
import { fold, key } from '@resfn/random'
import type { Context } from '../context/context.ts'
import { loadData } from '../data/load-data.ts'
import { usageError } from '../error.ts'
import { announce } from './announce.ts'
import { startBackend } from './backend.ts'
import { netNamed } from './net.ts'
import { defaultFolder, runFolder } from './run-folder.ts'
import { type SettingFlags, type Settings, settingsFrom } from './settings.ts'
import { type AnyRun, type OpenRun, saveRun } from './train-run.ts'
import { setupOf, type TrainingSetup } from './training-setup.ts'

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

/** A new run in a folder that has none. */
export const startNewRun = async (context: Context, flags: SettingFlags, out: string | undefined): Promise<OpenRun> => {
  const asked = settingsFrom(flags)
  const { make } = netNamed(asked.net)
  const started = context.now()
  const files = runFolder(resolve(context.cwd, out ?? defaultFolder(started, asked.net)))
  if ((await context.files.kind(files.checkpoint)) !== 'none')
    throw usageError(
      `${files.folder} already holds a run; go on with it (--resume ${files.folder}) or choose another folder (--out)`,
    )
  const data = await loadData(context, asked.data)
  const backend = await startBackend(context, asked)
  // What was chosen is kept, so that the run is resumed with the same images, backend and number of threads, from wherever.
  const settings: Settings = {
    ...asked,
    data: data.origin.folder ?? 'subset',
    backend: backend.backend,
    threads: backend.threads ?? 0,
  }
  const setup = setupOf(settings, make({ classes: data.train.classes.length }), data)
  announce(context, setup)
  const run = startRun(setup.net, {
    optimiser: setup.optimiser,
    key: fold(key(settings.seed), 'run'),
    input: setup.input,
  }) as AnyRun
  const notes = { settings, image: data.train.shape, digest: data.digest, logBytes: 0, started }
  const open: OpenRun = { setup, files, notes, run, backend }
  await context.files.write(files.args, argsJson(context, setup, started))
  await context.files.write(files.log, '')
  await saveRun(context, open)
  return open
}
