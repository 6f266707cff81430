// Where a net to use comes from: the page's own weights, a checkpoint of ours, or weights that PyTorch wrote.
import { nets } from '@resfn/archs'
import { decodeCheckpoint } from '@resfn/checkpoint'
import { fashionMnistResnet20 } from '@resfn/fashion-mnist-resnet20'
import {
  bestFormat,
  fileOf,
  importWeights,
  type PublishedWeights,
  safetensorsWeights,
  torchWeights,
} from '@resfn/import'
import { key } from '@resfn/random'
import { either as E, type taskEither as TE } from 'fp-ts'
import { type Model, named, ofCheckpoint, usualPreprocessing } from './model.ts'
import type { StoredSource } from './protocol.ts'

const done = async <A>(task: TE.TaskEither<{ readonly message: string }, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
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
