// A net to use, and checkpoints of ours that hold one.
import { nets } from '@resfn/archs'
import { type Checkpoint, encodeWeights, type Json, restoreVariables } from '@resfn/checkpoint'
import type { Layer, Shape } from '@resfn/layer'
import type { Preprocessing } from '@resfn/preprocessing'
import { dispose } from '@resfn/tree'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type Built, resnet8 } from '../composition/composition.ts'
import { netOf } from '../composition/design.ts'

/** A net with its variables, its classes, and how pictures are made for it. */
export type Model = {
  readonly name: string
  readonly net: Layer<unknown, unknown>
  readonly params: unknown
  readonly state: unknown
  readonly input: Shape
  readonly classes: readonly string[]
  readonly preprocessing: Preprocessing
  /** what the net is made from, where it has no name */
  readonly composition?: Built
}

const right = <A>(of: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(of)) throw new Error(of.left.message)
  return of.right
}
const done = async <A>(task: TE.TaskEither<{ readonly message: string }, A>): Promise<A> => right(await task())

const isComposition = (options: unknown): options is Built =>
  typeof options === 'object' && options !== null && (options as { readonly kind?: unknown }).kind === 'built'

/** How pictures are made for a net that does not say it: small grey images are like those of Fashion-MNIST; photographs are normalised as
 * ImageNet is. */
export const usualPreprocessing = ([height = 1, width = 1, channels = 1]: Shape): Preprocessing => ({
  size: [height, width],
  channels: channels === 1 ? 1 : 3,
  ...(channels === 1
    ? { mean: [0.286], std: [0.353], cropFraction: 1, cropMode: 'border' as const }
    : { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], cropFraction: 0.875, cropMode: 'center' as const }),
  interpolation: 'bicubic',
})

/** What a checkpoint of a photo run says of its preprocessing. */
const storedPreprocessing = (training: unknown): Preprocessing | undefined => {
  const found = (training as { readonly preprocessing?: Preprocessing } | undefined)?.preprocessing
  return typeof found === 'object' && found !== null && Array.isArray(found.size) ? found : undefined
}

/** A net by its name. */
export const named = (name: string, classes: number): Layer<unknown, unknown> => {
  const entry = Object.hasOwn(nets, name) ? nets[name] : undefined
  if (entry === undefined)
    throw new Error(`there is no net "${name}"; write its name as in the list, such as resnet18 or cifar-resnet20`)
  return entry.make({ classes })
}

/** The net of a checkpoint, with its variables on the backend that is current. */
export const ofCheckpoint = (checkpoint: Checkpoint): Model => {
  const { name, options, input, classes } = checkpoint.description.net
  const composition = isComposition(options) ? { ...resnet8, ...options } : undefined
  const net =
    composition === undefined ? named(name, classes.length) : netOf(composition, classes.length, input.at(-1)!)
  const variables = right(restoreVariables(checkpoint, { net, name, input }))
  const preprocessing = storedPreprocessing(checkpoint.description.training) ?? usualPreprocessing(input)
  return { name, net, ...variables, input, classes, preprocessing, ...(composition && { composition }) }
}

/** The net as a file of ours. */
export const saveModel = (model: Model): Promise<Uint8Array> => {
  const { name, params, state, input, classes, preprocessing, composition } = model
  const options = composition === undefined ? {} : { options: composition as unknown as Json }
  const training = { preprocessing: preprocessing as unknown as Json }
  return done(encodeWeights({ params, state }, { net: { name, ...options, input, classes }, training }))
}

/** Frees the variables of a model. */
export const closeModel = ({ params, state }: Model): void => dispose([params, state])
