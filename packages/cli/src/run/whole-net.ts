import type { Layer, Shape } from '@resfn/layer'
import type { Preprocessing } from '@resfn/preprocessing'
import { unwrap } from '../error.ts'
import { variablesOf } from './checkpoint-file.ts'
import type { AnyVariables } from './evaluation.ts'
import type { LocatedNet } from './located-net.ts'
import { storedPreprocessing } from './stored-preprocessing.ts'

/** A net with its weights, wherever it is from. */
export type WholeNet = {
  readonly name: string
  readonly net: Layer<unknown, unknown>
  /** tensors that the caller owns */
  readonly variables: AnyVariables
  readonly input: Shape
  readonly classes: readonly string[]
  /** what is done to pictures, where the net says it */
  readonly preprocessing?: Preprocessing
}

/** The name of the net, which is known before its weights are read. */
export const nameOfNet = (located: LocatedNet): string =>
  located.kind === 'checkpoint' ? located.loaded.name : located.published.config.architecture

/** The net that was found, with its weights as tensors. A backend must be running. */
export const wholeNet = async (located: LocatedNet): Promise<WholeNet> => {
  if (located.kind === 'checkpoint') {
    const { name, net, checkpoint } = located.loaded
    const { input, classes } = checkpoint.description.net
    const preprocessing = storedPreprocessing(checkpoint.description.training)
    return {
      name,
      net,
      variables: variablesOf(located.loaded),
      input,
      classes,
      ...(preprocessing !== undefined && { preprocessing }),
    }
  }
  const { loadPublished } = await import('@resfn/hub')
  const { name, net, params, state, classes, preprocessing } = unwrap(await loadPublished(located.published)())
  return { name, net, variables: { params, state }, input: net.input, classes, preprocessing }
}
