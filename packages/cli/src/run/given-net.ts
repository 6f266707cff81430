import { resolve } from 'node:path'
import { nets } from '@resfn/archs'
import { init, type Layer, type Shape, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import type { Context } from '../context/context.ts'
import { usageError } from '../error.ts'
import type { AnyVariables } from './evaluation.ts'
import { type LocateOptions, locateNet, type LocatedNet } from './located-net.ts'
import { netNamed } from './net.ts'
import { ownNames } from './own-nets.ts'

/** What may be asked of a net otherwise than it says. */
export type NetFlags = LocateOptions & { readonly input?: Shape; readonly classes?: number }

/** A net that a command is about, with weights or without, and in words what it is. */
export type GivenNet = {
  readonly name: string
  readonly description: string
  readonly input: Shape
  readonly net: Layer<unknown, unknown>
  /** Its weights, or drawn ones. A backend must be running. */
  readonly variables: () => Promise<AnyVariables>
  /** Where it is from, as JSON has it; nothing of a name. */
  readonly from: object
}

const byName = (name: string, { input: asked, classes: wanted }: NetFlags): GivenNet => {
  const { description, input: own, classes, make } = netNamed(name)
  const [net, input] = [untyped(make({ classes: wanted ?? classes })), asked ?? own]
  return { name, description, input, net, variables: async () => init(net, key(0), input), from: {} }
}

/** How much of its training a checkpoint has seen, in words and as JSON has it. */
const progressOf = ({ loaded, origin }: LocatedNet): { readonly text: string; readonly json: object } => {
  if (loaded === undefined)
    return { text: origin.revision === null ? 'published' : `published, ${origin.revision}`, json: {} }
  const { progress } = loaded.checkpoint
  if (progress === undefined) return { text: 'weights only', json: {} }
  const { cursor, step } = progress
  return { text: `epoch ${cursor.epoch}, step ${step}`, json: { epochs: cursor.epoch, steps: step } }
}

const located = async (context: Context, given: string, flags: NetFlags): Promise<GivenNet> => {
  const found = await locateNet(context, given, flags)
  if (flags.classes !== undefined)
    throw usageError(
      `--classes ${flags.classes}: ${given} has its own classes; name the net instead (see resfn nets): ${found.name}`,
    )
  const { name, where, net, input, classes, origin, variables } = found
  const { text, json } = progressOf(found)
  return {
    name,
    description: `${where} (${text}), ${classes.length} classes`,
    input: flags.input ?? input,
    net,
    variables,
    from: { ...origin, ...json },
  }
}

/**
 * The net of a name, or what `locateNet` finds: that of a run, a checkpoint, a folder with `config.json`, one that
 * comes with the command, or a repository of the hub.
 */
export const givenNet = async (context: Context, given: string, flags: NetFlags): Promise<GivenNet> => {
  if (Object.hasOwn(nets, given)) return byName(given, flags)
  const isThere = (await context.files.kind(resolve(context.cwd, given))) !== 'none'
  return isThere || ownNames.includes(given) || /[/\\.]/.test(given)
    ? located(context, given, flags)
    : byName(given, flags)
}
