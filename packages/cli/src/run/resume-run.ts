import { resolve } from 'node:path'
import { restoreRun } from '@resfn/checkpoint'
import { type Context, say } from '../context/context.ts'
import { loadData, type LoadedData } from '../data/load-data.ts'
import { CliError, unwrap, usageError } from '../error.ts'
import { announce } from './announce.ts'
import { startBackend } from './backend.ts'
import { openCheckpoint } from './checkpoint-file.ts'
import { type RunFolder, runFolder } from './run-folder.ts'
import type { AnyRun, OpenRun } from './train-run.ts'
import { setupOf } from './training-setup.ts'

const checkSameData = (wanted: string, { digest, origin }: LoadedData): void => {
  if (wanted !== digest)
    throw new CliError(
      'OtherData',
      `the run was trained on other images than those ${origin.folder === undefined ? 'that come with resfn' : `in ${origin.folder}`}; point --data at the images it was started with`,
    )
}

/** Cuts the log to what the checkpoint has seen. */
const cutLog = async ({ files }: Context, { log }: RunFolder, bytes: number): Promise<void> => {
  if ((await files.kind(log)) === 'none' || (await files.size(log)) < bytes)
    throw new CliError(
      'LogMissing',
      `${log} is shorter than when the checkpoint was made; put the log of this run back`,
    )
  await files.cut(log, bytes)
}

/** The run in a folder, with the log cut to what its checkpoint has seen. */
export const resumeRun = async (context: Context, folder: string, data?: string): Promise<OpenRun> => {
  const files = runFolder(resolve(context.cwd, folder))
  if ((await context.files.kind(files.checkpoint)) === 'none')
    throw usageError(
      `there is no run in ${files.folder}; give the folder that resfn train made, the one with checkpoint.safetensors`,
    )
  const { checkpoint, notes, net, name } = await openCheckpoint(context, files.checkpoint)
  const images = await loadData(context, data ?? notes.settings.data)
  checkSameData(notes.digest, images)
  const backend = await startBackend(context, notes.settings)
  const setup = setupOf(notes.settings, net, images)
  announce(context, setup)
  const run = unwrap(restoreRun({ net, name, input: setup.input, optimiser: setup.optimiser })(checkpoint)) as AnyRun
  await cutLog(context, files, notes.logBytes)
  say(context, `resumed at epoch ${run.cursor.epoch + 1}, step ${run.step}`)
  return { setup, files, notes, run, backend }
}
