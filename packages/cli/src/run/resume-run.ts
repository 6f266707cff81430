import { join, resolve } from 'node:path'
import { restoreRun } from '@resfn/checkpoint'
import { dispose, leaves } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Context, say } from '../context/context.ts'
import { isTemporary } from '../context/files.ts'
import { loadData, type LoadedData } from '../data/load-data.ts'
import { CliError, unwrap, usageError } from '../error.ts'
import { announce } from './announce.ts'
import { type BackendFlags, startBackend } from './backend.ts'
import { type CheckpointNotes, notesOf, openCheckpoint, variablesOf } from './checkpoint-file.ts'
import { engineOf } from './engine.ts'
import { cutLog } from './event-log.ts'
import { type RunFolder, runFolder } from './run-folder.ts'
import { withRunLocked } from './run-lock.ts'
import type { SettingFlags, Settings } from './settings.ts'
import { type AnyRun, broadcastFirst, type OpenRun, saveRun } from './train-run.ts'
import { type Learner, learnerOf, setupOf, type TrainingSetup } from './training-setup.ts'

const checkSameData = (wanted: string, { digest, origin }: LoadedData): void => {
  if (wanted !== digest)
    throw new CliError(
      'OtherData',
      `the run was trained on other images than those ${origin.folder === undefined ? 'that come with resfn' : `in ${origin.folder}`}; point --data at the images it was started with`,
    )
}

const checkSameTeacher = ({ teacher: before }: CheckpointNotes, { teacher }: TrainingSetup): void => {
  if (teacher !== undefined && before?.sha256 !== teacher.sha256)
    throw new CliError(
      'OtherTeacher',
      `${teacher.where}: the run learned from other weights of ${before?.name ?? teacher.name} than there are now; put those back, or start a new run`,
    )
}

/** A run of the whole net as one of its learner. Its tensors are those of the learner, and what the average needs. */
const learning = (setup: TrainingSetup, learner: Learner, { params, state, average, ...rest }: AnyRun): AnyRun => {
  if (average === undefined) {
    dispose([params, state])
    return { ...rest, ...learner.variables }
  }
  // The weights of the checkpoint are the average, and those of the learner.
  const { variables } = learnerOf(setup, { params, state })
  const kept = new Set(leaves<Tensor>(variables))
  dispose([average, leaves<Tensor>([params, state]).filter((leaf) => !kept.has(leaf))])
  return { ...rest, ...variables, average: learner.variables }
}

/** Removes what processes left that were killed while they saved. */
const removeTemporaries = async ({ files }: Context, { folder }: RunFolder): Promise<void> => {
  for (const name of await files.list(folder)) if (isTemporary(name)) await files.remove(join(folder, name))
}

/** The notes with the engine of this process; warns where it is another than before. */
const withEngine = (context: Context, notes: CheckpointNotes, engine: string): CheckpointNotes => {
  const before = notes.engines.at(-1)
  if (engine === before) return notes
  say(
    context,
    `warning: until now the run was computed by ${before ?? 'an unknown engine'}, from now on by ${engine}; the weights will not be exactly those of the unbroken run`,
  )
  return { ...notes, engines: [...notes.engines, engine] }
}

/** What may differ from how a run was started: where its images are, and what computes it. */
export type RunChanges = Pick<SettingFlags, 'data' | 'backend' | 'threads'>

/** Another backend takes all cores, and ranks take their part of them, unless their number is given too. */
const backendOf = (
  { ranks }: Context,
  before: BackendFlags,
  { backend = before.backend, threads }: RunChanges,
): BackendFlags => ({
  backend,
  threads: threads ?? (backend === before.backend && ranks === undefined ? before.threads : 0),
})

/** The run in a folder, with the log cut to what its checkpoint has seen. */
export const resumeRun = async (context: Context, folder: string, changes: RunChanges = {}): Promise<OpenRun> => {
  const files = runFolder(resolve(context.cwd, folder))
  if ((await context.files.kind(files.checkpoint)) === 'none')
    throw usageError(
      `there is no run in ${files.folder}; give the folder that resfn train made, the one with checkpoint.safetensors`,
    )
  return withRunLocked(context, files, async (release) => {
    await removeTemporaries(context, files)
    const loaded = await openCheckpoint(context, files.checkpoint)
    const { checkpoint, net, name } = loaded
    const notes = notesOf(loaded)
    const logBytes = await cutLog(context, files.log, notes.logBytes)
    const images = await loadData(context, changes.data ?? notes.settings.data, notes.settings)
    checkSameData(notes.digest, images)
    const backend = await startBackend(context, backendOf(context, notes.settings, changes))
    const settings: Settings = {
      ...notes.settings,
      data: images.origin.folder ?? 'subset',
      backend: backend.backend,
      threads: backend.threads ?? 0,
    }
    const setup = await setupOf(context, { settings, net, data: images, preprocessing: notes.preprocessing })
    checkSameTeacher(notes, setup)
    const learner = learnerOf(setup, variablesOf(loaded))
    announce(context, setup, learner)
    // The optimiser remembers only what learns.
    const optimiser = { ...setup.optimiser, init: () => setup.optimiser.init(learner.variables.params) }
    const restored = unwrap(restoreRun(checkpoint, { net, name, input: setup.input, optimiser })) as AnyRun
    const run = await broadcastFirst(context, learning(setup, learner, restored))
    say(context, `resumed at epoch ${run.cursor.epoch + 1}, step ${run.step}`)
    const kept = { ...notes, settings, logBytes }
    const isFinished = run.history.length >= settings.epochs
    const noted = isFinished ? kept : withEngine(context, kept, engineOf(context, backend))
    const open: OpenRun = { setup, learner, files, notes: noted, run, backend, release }
    // Else the checkpoint would count more bytes than the new log has.
    if (logBytes < notes.logBytes) await saveRun(context, open)
    return open
  })
}
