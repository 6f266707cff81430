import { join, resolve } from 'node:path'
import { nets } from '@resfn/archs'
import type { Layer } from '@resfn/layer'
import { type Checkpoint, decodeCheckpoint, type Description, type Json, restoreVariables } from '@resfn/checkpoint'
import type { Preprocessing } from '@resfn/preprocessing'
import { decodeWith, longestSide, type RecipeError, wholeNumber } from '@resfn/recipe'
import { either as E } from 'fp-ts'
import * as v from 'valibot'
import type { Context } from '../context/context.ts'
import { CliError, toCliError, unwrap, usageError } from '../error.ts'
import type { AnyVariables } from './evaluation.ts'
import { netNamed } from './net.ts'
import { decodeSettings, type Settings } from './settings.ts'
import { preprocessingSchema } from './stored-preprocessing.ts'

/** What is noted of a teacher: `sha256` tells its weights from others. */
export type TeacherNote = { readonly name: string; readonly where: string; readonly sha256: string }

export const teacherNote = ({ name, where, sha256 }: TeacherNote): TeacherNote => ({ name, where, sha256 })

/** What the command notes in a checkpoint beside the run. */
export type CheckpointNotes = {
  readonly settings: Settings
  /** The images as the data set has them, before they are resized. */
  readonly image: readonly [height: number, width: number, channels: number]
  /** What the net sees of photos, where it learned on some. */
  readonly preprocessing?: Preprocessing
  /** The net that taught, where one did. */
  readonly teacher?: TeacherNote
  /** Tells the training and test images from others. */
  readonly digest: string
  /** How long the log was when the checkpoint was made: what comes after is not in it. */
  readonly logBytes: number
  /** Milliseconds since 1970 when the run began. */
  readonly started: number
  /** What computed the run, in order; more than one if it was resumed on another. */
  readonly engines: readonly string[]
}

/** A checkpoint that was read from a file, with the net that it is for. */
export type LoadedCheckpoint = {
  readonly path: string
  readonly checkpoint: Checkpoint
  /** What the command noted in it, or why there is none: a program may have written the checkpoint. */
  readonly notes: E.Either<RecipeError, CheckpointNotes>
  readonly net: Layer<unknown, unknown>
  readonly name: string
}

const whole = wholeNumber({ from: 0 })
const side = wholeNumber({ from: 1, to: longestSide })

/** The largest number of milliseconds that a `Date` holds. */
const latestDate = 8.64e15

const notesSchema: v.GenericSchema<unknown, Omit<CheckpointNotes, 'settings'> & { readonly settings: unknown }> =
  v.object({
    settings: v.unknown(),
    image: v.tuple([side, side, wholeNumber({ from: 1, to: 4 })]),
    preprocessing: v.exactOptional(preprocessingSchema),
    teacher: v.exactOptional(v.object({ name: v.string(), where: v.string(), sha256: v.string() })),
    digest: v.string(),
    logBytes: whole,
    started: wholeNumber({ from: 0, to: latestDate }),
    engines: v.array(v.string()),
  })

const decodeNotes = (value: unknown): LoadedCheckpoint['notes'] => {
  const notes = decodeWith(notesSchema, value)
  if (notes._tag === 'Left') return notes
  const settings = decodeSettings(notes.right.settings)
  return settings._tag === 'Left' ? settings : E.right({ ...notes.right, settings: settings.right })
}

/** What a checkpoint says of itself. */
export const descriptionOf = (
  notes: CheckpointNotes,
  { input, classes }: { readonly input: readonly number[]; readonly classes: readonly string[] },
): Description => ({
  net: { name: notes.settings.net, options: { classes: classes.length }, input, classes },
  training: notes as unknown as Json,
})

/** The notes of a checkpoint that `resfn train` wrote; throws for another one. */
export const notesOf = ({ path, notes }: LoadedCheckpoint): CheckpointNotes => {
  if (notes._tag === 'Left')
    throw new CliError(
      'OtherCheckpoint',
      `${path}: it was not written by this release of resfn train (${notes.left.message}); train it again, or evaluate it with resfn eval`,
    )
  return notes.right
}

/** The net that is asked for, or the one that the checkpoint names. */
const netOf = ({ description: { net } }: Checkpoint, asked: string | undefined): Layer<unknown, unknown> => {
  if (asked === undefined && !Object.hasOwn(nets, net.name))
    throw usageError(
      `it was made for a net "${net.name}", which resfn does not know; say which one to build with --net (see resfn nets)`,
    )
  return netNamed(asked ?? net.name).make({ classes: net.classes.length })
}

const decoded = (path: string, bytes: Uint8Array, asked: string | undefined): LoadedCheckpoint => {
  try {
    const checkpoint = unwrap(decodeCheckpoint(bytes))
    const { net, training } = checkpoint.description
    return { path, checkpoint, notes: decodeNotes(training), name: net.name, net: netOf(checkpoint, asked) }
  } catch (error) {
    const { _tag, message, exitCode, cause } = toCliError(error)
    throw new CliError(_tag, `${path}: ${message}`, { exitCode, cause })
  }
}

/**
 * Reads a checkpoint, or the one in the folder of a run.
 *
 * @param net the name of the net to build, where it is not the one that the checkpoint names
 */
export const openCheckpoint = async (
  { cwd, files }: Context,
  given: string,
  net?: string,
): Promise<LoadedCheckpoint> => {
  const found = resolve(cwd, given)
  const kind = await files.kind(found)
  if (kind === 'none' && Object.hasOwn(nets, given))
    throw usageError(
      `${given} is the name of a net, and its weights are needed: give the folder of a run or a checkpoint file; resfn train --net ${given} makes one`,
    )
  const path = kind === 'folder' ? join(found, 'checkpoint.safetensors') : found
  return decoded(path, await files.read(path), net)
}

/** The weights of a checkpoint; a backend must be running. */
export const variablesOf = ({ checkpoint, net, name }: LoadedCheckpoint): AnyVariables =>
  unwrap(restoreVariables(checkpoint, { net, name, input: checkpoint.description.net.input }))
