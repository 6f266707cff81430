import { resolve } from 'node:path'
import { nets } from '@resfn/archs'
import type { AnyLayer, Shape } from '@resfn/layer'
import type { Context } from '../context/context.ts'
import { usageError } from '../error.ts'
import { type LoadedCheckpoint, openCheckpoint } from './checkpoint-file.ts'
import { netNamed } from './net.ts'

/** What may be asked of a net otherwise than it says. */
export type NetFlags = {
  readonly input?: Shape
  readonly classes?: number
  /** The net to build for a checkpoint of another program. */
  readonly net?: string
}

/** A net that a command is about, and in words what it is. */
export type GivenNet = {
  readonly name: string
  readonly description: string
  readonly input: Shape
  readonly net: AnyLayer
  /** The checkpoint that it is from, with its weights. */
  readonly loaded?: LoadedCheckpoint
  readonly from: { readonly checkpoint?: string; readonly epochs?: number; readonly steps?: number }
}

const byName = (name: string, { input, classes }: NetFlags): GivenNet => {
  const { description, input: own, classes: ownClasses, make } = netNamed(name)
  return { name, description, input: input ?? own, net: make({ classes: classes ?? ownClasses }), from: {} }
}

const fromCheckpoint = async (
  context: Context,
  given: string,
  { input, classes, net }: NetFlags,
): Promise<GivenNet> => {
  const loaded = await openCheckpoint(context, given, net)
  if (classes !== undefined)
    throw usageError(`--classes ${classes}: a checkpoint has its own classes; name the net instead (see resfn nets)`)
  const { progress, description } = loaded.checkpoint
  const trained = progress === undefined ? 'weights only' : `epoch ${progress.cursor.epoch}, step ${progress.step}`
  return {
    name: loaded.name,
    description: `${loaded.path} (${trained}), ${description.net.classes.length} classes`,
    input: input ?? description.net.input,
    net: loaded.net,
    loaded,
    from: {
      checkpoint: loaded.path,
      ...(progress !== undefined && { epochs: progress.cursor.epoch, steps: progress.step }),
    },
  }
}

/** The net of a name, or that of a checkpoint or of the folder of a run. */
export const givenNet = async (context: Context, given: string, flags: NetFlags): Promise<GivenNet> => {
  if (Object.hasOwn(nets, given)) return byName(given, flags)
  const isFile = (await context.files.kind(resolve(context.cwd, given))) !== 'none'
  return isFile || /[/\\]|\.safetensors$/.test(given) ? fromCheckpoint(context, given, flags) : byName(given, flags)
}
