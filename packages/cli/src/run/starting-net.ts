import type { Checkpoint } from '@resfn/checkpoint'
import type { Preprocessing } from '@resfn/preprocessing'
import type { Context } from '../context/context.ts'
import { unwrap } from '../error.ts'
import { variablesOf } from './checkpoint-file.ts'
import type { AnyVariables } from './evaluation.ts'
import { locateNet } from './located-net.ts'
import { photoView } from './photo-preprocessing.ts'

/** The net that a run begins with. */
export type StartingNet = {
  readonly where: string
  readonly name: string
  readonly classes: readonly string[]
  /** What it sees of photos. */
  readonly view: () => Preprocessing
  /** Its weights, which the caller owns. A backend must be running. */
  readonly variables: () => Promise<AnyVariables>
  /** Where it is one of ours. */
  readonly checkpoint?: Checkpoint
}

/** Finds a run, a checkpoint, or a net that was published: in a folder, or on the hub. */
export const startingNet = async (context: Context, from: string): Promise<StartingNet> => {
  const located = await locateNet(context, from)
  if (located.kind === 'checkpoint') {
    const { loaded } = located
    const { path, name, checkpoint } = loaded
    return {
      where: path,
      name,
      classes: checkpoint.description.net.classes,
      view: () => photoView(loaded),
      variables: async () => variablesOf(loaded),
      checkpoint,
    }
  }
  const { published } = located
  const { architecture, classes, preprocessing } = published.config
  return {
    where: published.where,
    name: architecture,
    classes,
    view: () => preprocessing,
    variables: async () => {
      const { loadPublished } = await import('@resfn/hub')
      const { params, state } = unwrap(await loadPublished(published)())
      return { params, state }
    },
  }
}
