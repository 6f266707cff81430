// A net to use: from the page's own weights, from a checkpoint of ours, or from weights that PyTorch wrote.
import { nets } from '@resfn/archs'
import { type Checkpoint, decodeCheckpoint, encodeWeights, type Json, restoreVariables } from '@resfn/checkpoint'
import { fashionMnistResnet20 } from '@resfn/fashion-mnist-resnet20'
import {
  bestFormat,
  fileOf,
  importWeights,
  type PublishedWeights,
  safetensorsWeights,
  torchWeights,
} from '@resfn/import'
import type { Layer, Shape } from '@resfn/layer'
import type { Preprocessing } from '@resfn/preprocessing'
import { key } from '@resfn/random'
import { dispose } from '@resfn/tree'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type Built, resnet8 } from '../composition/composition.ts'
import { netOf } from '../composition/design.ts'
import type { StoredSource } from './protocol.ts'

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

/** Small grey images are those of Fashion-MNIST; photographs are normalised as ImageNet is. */
const usualPreprocessing = ([height = 1, width = 1, channels = 1]: Shape): Preprocessing => ({
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

const named = (name: string, classes: number): Layer<unknown, unknown> => {
  const entry = Object.hasOwn(nets, name) ? nets[name] : undefined
  if (entry === undefined)
    throw new Error(`there is no net "${name}"; write its name as in the list, such as resnet18 or cifar-resnet20`)
  return entry.make({ classes })
}

const ofCheckpoint = (checkpoint: Checkpoint): Model => {
  const { name, options, input, classes } = checkpoint.description.net
  const composition = isComposition(options) ? { ...resnet8, ...options } : undefined
  const net =
    composition === undefined ? named(name, classes.length) : netOf(composition, classes.length, input.at(-1)!)
  const variables = right(restoreVariables(checkpoint, { net, name, input }))
  const preprocessing = storedPreprocessing(checkpoint.description.training) ?? usualPreprocessing(input)
  return { name, net, ...variables, input, classes, preprocessing, ...(composition && { composition }) }
}

/** The classes that published weights are for: the rows of their last matrix. */
const classesIn = (weights: PublishedWeights): number => {
  const matrices = [...weights].filter(([, { shape }]) => shape.length === 2)
  const last = matrices.at(-1)
  if (last === undefined) throw new Error('the file has no matrix, so it has no head that tells classes')
  return last[1].shape[0]!
}

const ofPublished = async (weights: PublishedWeights, name: string, known?: readonly string[]): Promise<Model> => {
  const entry = Object.hasOwn(nets, name) ? nets[name] : undefined
  const count = known?.length ?? classesIn(weights)
  const net = named(name, count)
  const channels = [...weights].find(([, { shape }]) => shape.length === 4)?.[1].shape[1] ?? 3
  const drawn = entry!.input
  const input = known === undefined ? [...drawn.slice(0, 2), channels] : [28, 28, 1]
  const plan = net.plan(input)
  const formats = entry!.keys ?? { resfn: [] }
  const keys = formats[bestFormat(weights.keys(), plan, formats)]!
  const { params, state } = await done(importWeights(net, weights, { input, keys, key: key(0) }))
  const classes = known ?? Array.from({ length: count }, (_, i) => `class ${i}`)
  return { name, net, params, state, input, classes, preprocessing: usualPreprocessing(input) }
}

/** PyTorch's own files are zip archives or pickles; a header of safetensors begins with its length and a "{". */
const isTorch = (bytes: Uint8Array): boolean =>
  bytes[8] !== 0x7b && ((bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80)

const fetched = async (url: URL): Promise<Uint8Array> => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url.pathname}: the server answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** Opens a net; its tensors lie on the backend that is current. */
export const openModel = async (source: StoredSource): Promise<Model> => {
  if (source.kind === 'embedded') {
    const [config, weights] = await Promise.all([
      fetched(fashionMnistResnet20.config),
      fetched(fashionMnistResnet20.weights),
    ])
    const { label_names } = JSON.parse(new TextDecoder().decode(config)) as { readonly label_names: readonly string[] }
    return ofPublished(await done(safetensorsWeights(fileOf(weights))), 'cifar-resnet20', label_names)
  }
  const { bytes, net } = source
  const checkpoint = isTorch(bytes) ? undefined : decodeCheckpoint(bytes)
  if (checkpoint !== undefined && E.isRight(checkpoint)) return ofCheckpoint(checkpoint.right)
  if (checkpoint !== undefined && checkpoint.left._tag !== 'NotACheckpoint') throw new Error(checkpoint.left.message)
  if (net === '')
    throw new Error('this file does not say which net it is of: write the name of the net, and open it again')
  const file = fileOf(bytes)
  return ofPublished(await done(isTorch(bytes) ? torchWeights(file) : safetensorsWeights(file)), net)
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
