import { resolve } from 'node:path'
import { fold, key } from '@resfn/random'
import { restoreRun, startRun } from '@resfn/loop'
import type { Chosen } from '@resfn/runtime'
import { taskEither as TE } from 'fp-ts'
import { startBackend } from './backend.ts'
import { type Kept, openCheckpoint } from './checkpoint-file.ts'
import { type Context, say } from './context.ts'
import { describeData, loadData } from './data-source.ts'
import { CliError, toCliError, usageError } from './error.ts'
import { count, short } from './format.ts'
import { describe } from './learning.ts'
import { netNamed } from './net.ts'
import { orThrow } from './or-throw.ts'
import { defaultFolder, type RunFolder, runFolder } from './run-folder.ts'
import { type SettingFlags, type Settings, settingsFrom } from './settings.ts'
import { type AnyRun, saveRun, type Task, taskOf } from './training.ts'

/** A run that can go on: everything that `trainIn` needs. */
export type Ready = {
  readonly task: Task
  readonly files: RunFolder
  readonly kept: Kept
  readonly run: AnyRun
  readonly backend: Chosen
}

const attempt = <A>(work: () => Promise<A>): TE.TaskEither<CliError, A> => TE.tryCatch(work, toCliError)

const announce = (context: Context, { settings, data, numbers, input, set }: Task): void => {
  say(
    context,
    `data ${describeData(data)}${set === data.train ? '' : `, of which ${count(set.labels.length)} are trained on`}`,
  )
  say(
    context,
    `net ${settings.net} on ${input.join('x')}, ${count(numbers.params)} parameters, ${short(numbers.macs)} multiply-adds an image`,
  )
  say(
    context,
    `training ${settings.epochs} epochs (preset ${settings.preset}): ${describe(settings)}, seed ${settings.seed}`,
  )
}

const argsJson = (context: Context, { settings, data, numbers, input }: Task, started: number): string =>
  `${JSON.stringify(
    {
      started: new Date(started).toISOString(),
      settings,
      net: { name: settings.net, input, classes: data.train.classes, ...numbers },
      data: { ...data.source, train: data.train.labels.length, test: data.test.labels.length, sha256: data.digest },
      versions: context.versions,
      machine: context.machine,
    },
    null,
    2,
  )}\n`

/** A new run in a folder that has none. */
export const startNew = (
  context: Context,
  flags: SettingFlags,
  out: string | undefined,
): TE.TaskEither<CliError, Ready> =>
  attempt(async () => {
    const asked = await orThrow(TE.fromEither(settingsFrom(flags)))
    const { make } = await orThrow(TE.fromEither(netNamed(asked.net)))
    const started = context.now()
    const files = runFolder(resolve(context.cwd, out ?? defaultFolder(started, asked.net)))
    if ((await context.files.kind(files.checkpoint)) !== 'none')
      throw usageError(
        `${files.folder} already holds a run; go on with it (--resume ${files.folder}) or choose another folder (--out)`,
      )
    const data = await orThrow(loadData(context, asked.data))
    const backend = await orThrow(startBackend(context, asked))
    // What was chosen is kept, so that the run is resumed with the same images, backend and number of threads, from wherever.
    const settings: Settings = {
      ...asked,
      data: data.source.folder ?? 'subset',
      backend: backend.backend,
      threads: backend.threads ?? 0,
    }
    const task = taskOf(settings, make({ classes: data.train.classes.length }), data)
    announce(context, task)
    const run = startRun(task.net, {
      optimiser: task.optimiser,
      key: fold(key(settings.seed), 'run'),
      input: task.input,
    }) as AnyRun
    const kept: Kept = { settings, image: data.train.shape, digest: data.digest, logBytes: 0, started }
    await orThrow(context.files.write(files.args, argsJson(context, task, started)))
    await orThrow(context.files.write(files.log, ''))
    await orThrow(saveRun(context, task, files, kept, run))
    return { task, files, kept, run, backend }
  })

const sameData = (wanted: string, found: string, where: string): void => {
  if (wanted !== found)
    throw new CliError(
      'OtherData',
      `the run was trained on other images than those ${where}; point --data at the images it was started with`,
    )
}

/** The run in a folder, with the log cut to what its checkpoint has seen. */
export const resume = (context: Context, folder: string, data?: string): TE.TaskEither<CliError, Ready> =>
  attempt(async () => {
    const files = runFolder(resolve(context.cwd, folder))
    if ((await context.files.kind(files.checkpoint)) === 'none')
      throw usageError(
        `there is no run in ${files.folder}; give the folder that resfn train made, the one with checkpoint.safetensors`,
      )
    const { checkpoint, kept, net, name } = await orThrow(openCheckpoint(context, files.checkpoint))
    const images = await orThrow(loadData(context, data ?? kept.settings.data))
    sameData(
      kept.digest,
      images.digest,
      images.source.folder === undefined ? 'that come with resfn' : `in ${images.source.folder}`,
    )
    const backend = await orThrow(startBackend(context, kept.settings))
    const task = taskOf(kept.settings, net, images)
    announce(context, task)
    const run = await orThrow(
      TE.fromEither(restoreRun({ net, name, input: task.input, optimiser: task.optimiser })(checkpoint)),
    )
    if (
      (await context.files.kind(files.log)) === 'none' ||
      (await orThrow(context.files.size(files.log))) < kept.logBytes
    )
      throw new CliError(
        'LogMissing',
        `${files.log} is shorter than when the checkpoint was made; put the log of this run back`,
      )
    await orThrow(context.files.cut(files.log, kept.logBytes))
    say(context, `resumed at epoch ${run.cursor.epoch + 1}, step ${run.step}`)
    return { task, files, kept, run: run as AnyRun, backend }
  })
