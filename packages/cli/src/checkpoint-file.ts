import { join, resolve } from 'node:path'
import type { AnyLayer } from '@resfn/layer'
import { type Checkpoint, decodeCheckpoint, type Description, type Json } from '@resfn/loop'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import * as v from 'valibot'
import type { Context } from './context.ts'
import { CliError, toCliError } from './error.ts'
import { netNamed } from './net.ts'
import { decodeSettings, type Settings } from './settings.ts'

/** What the command keeps in a checkpoint beside the run. */
export type Kept = {
  readonly settings: Settings
  /** The images as the data set has them, before they are resized. */
  readonly image: readonly [height: number, width: number, channels: number]
  /** Tells the training and test images from others. */
  readonly digest: string
  /** How long the log was when the checkpoint was made: what comes after is not in it. */
  readonly logBytes: number
  /** Milliseconds since 1970 when the run began. */
  readonly started: number
}

/** A checkpoint that was read from a file, with the net that it is for. */
export type Opened = {
  readonly path: string
  readonly checkpoint: Checkpoint
  readonly kept: Kept
  readonly net: AnyLayer
  readonly name: string
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const keptSchema = v.object({
  settings: v.unknown(),
  image: v.tuple([whole, whole, whole]),
  digest: v.string(),
  logBytes: whole,
  started: v.number(),
})

const decodeKept = (value: unknown): E.Either<string, Kept> => {
  const result = v.safeParse(keptSchema, value)
  if (!result.success)
    return E.left(result.issues.map((issue) => `${v.getDotPath(issue) ?? 'training'}: ${issue.message}`).join('; '))
  return F.pipe(
    decodeSettings(result.output.settings),
    E.map((settings) => ({ ...result.output, settings })),
  )
}

/** What a checkpoint says of itself. */
export const descriptionOf = (
  kept: Kept,
  { input, classes }: { readonly input: readonly number[]; readonly classes: readonly string[] },
): Description => ({
  net: { name: kept.settings.net, options: { classes: classes.length }, input, classes },
  training: kept as unknown as Json,
})

const within =
  (path: string) =>
  (error: CliError): CliError =>
    new CliError(error._tag, `${path}: ${error.message}`, { exitCode: error.exitCode, cause: error.cause })

const opened =
  (path: string) =>
  (bytes: Uint8Array): E.Either<CliError, Opened> =>
    F.pipe(
      decodeCheckpoint(bytes),
      E.mapLeft(toCliError),
      E.flatMap((checkpoint) => {
        const {
          training,
          net: { name, classes },
        } = checkpoint.description
        return F.pipe(
          decodeKept(training),
          E.mapLeft(
            (reason) =>
              new CliError(
                'OtherCheckpoint',
                `it was not written by this release of resfn train (${reason}); train it again, or read its tensors with @resfn/safetensors`,
              ),
          ),
          E.flatMap((kept) =>
            F.pipe(
              netNamed(name),
              E.map((entry): Opened => ({
                path,
                checkpoint,
                kept,
                name,
                net: entry.make({ classes: classes.length }),
              })),
            ),
          ),
        )
      }),
      E.mapLeft(within(path)),
    )

/** Reads a checkpoint, or the one in the folder of a run. */
export const openCheckpoint = ({ cwd, files }: Context, given: string): TE.TaskEither<CliError, Opened> =>
  F.pipe(
    TE.fromTask<'file' | 'folder' | 'none', CliError>(() => files.kind(resolve(cwd, given))),
    TE.map((kind) => (kind === 'folder' ? join(resolve(cwd, given), 'checkpoint.safetensors') : resolve(cwd, given))),
    TE.flatMap((path) => F.pipe(files.read(path), TE.flatMapEither(opened(path)))),
  )
