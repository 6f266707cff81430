import { join, resolve } from 'node:path'
import type { AnyLayer } from '@resfn/layer'
import { type Checkpoint, decodeCheckpoint, type Description, type Json, restoreVariables } from '@resfn/checkpoint'
import { decodeWith, wholeNumber } from '@resfn/recipe'
import * as v from 'valibot'
import type { Context } from '../context/context.ts'
import { CliError, toCliError, unwrap } from '../error.ts'
import type { AnyVariables } from './evaluation.ts'
import { netNamed } from './net.ts'
import { decodeSettings, type Settings } from './settings.ts'

/** What the command notes in a checkpoint beside the run. */
export type CheckpointNotes = {
  readonly settings: Settings
  /** The images as the data set has them, before they are resized. */
  readonly image: readonly [height: number, width: number, channels: number]
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
  readonly notes: CheckpointNotes
  readonly net: AnyLayer
  readonly name: string
}

const whole = wholeNumber({ from: 0 })

/** The largest number of milliseconds that a `Date` holds. */
const latestDate = 8.64e15

const notesSchema: v.GenericSchema<unknown, Omit<CheckpointNotes, 'settings'> & { readonly settings: unknown }> =
  v.object({
    settings: v.unknown(),
    image: v.tuple([whole, whole, whole]),
    digest: v.string(),
    logBytes: whole,
    started: wholeNumber({ from: 0, to: latestDate }),
    engines: v.array(v.string()),
  })

const decodeNotes = (value: unknown): CheckpointNotes => {
  const notes = unwrap(decodeWith(notesSchema, value))
  return { ...notes, settings: unwrap(decodeSettings(notes.settings)) }
}

/** What a checkpoint says of itself. */
export const descriptionOf = (
  notes: CheckpointNotes,
  { input, classes }: { readonly input: readonly number[]; readonly classes: readonly string[] },
): Description => ({
  net: { name: notes.settings.net, options: { classes: classes.length }, input, classes },
  training: notes as unknown as Json,
})

const notesOf = ({ training }: Description): CheckpointNotes => {
  try {
    return decodeNotes(training)
  } catch (error) {
    throw new CliError(
      'OtherCheckpoint',
      `it was not written by this release of resfn train (${toCliError(error).message}); train it again, or read its tensors with @resfn/safetensors`,
      { cause: error },
    )
  }
}

const decoded = (path: string, bytes: Uint8Array): LoadedCheckpoint => {
  try {
    const checkpoint = unwrap(decodeCheckpoint(bytes))
    const notes = notesOf(checkpoint.description)
    const { name, classes } = checkpoint.description.net
    return { path, checkpoint, notes, name, net: netNamed(name).make({ classes: classes.length }) }
  } catch (error) {
    const { _tag, message, exitCode, cause } = toCliError(error)
    throw new CliError(_tag, `${path}: ${message}`, { exitCode, cause })
  }
}

/** Reads a checkpoint, or the one in the folder of a run. */
export const openCheckpoint = async ({ cwd, files }: Context, given: string): Promise<LoadedCheckpoint> => {
  const found = resolve(cwd, given)
  const path = (await files.kind(found)) === 'folder' ? join(found, 'checkpoint.safetensors') : found
  return decoded(path, await files.read(path))
}

/** The weights of a checkpoint; a backend must be running. */
export const variablesOf = ({
  checkpoint,
  net,
  name,
}: Pick<LoadedCheckpoint, 'checkpoint' | 'net' | 'name'>): AnyVariables =>
  unwrap(restoreVariables({ net, name, input: checkpoint.description.net.input })(checkpoint))
