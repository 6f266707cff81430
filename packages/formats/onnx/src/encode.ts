import { either as E } from 'fp-ts'
import { byteLength, graphProto, initialiserHead, modelProto, type Place } from './messages.ts'
import type { Initialiser, Model, OnnxError } from './model.ts'

/** The bytes of a model, part by part. */
export type EncodedModel = {
  /** how many bytes `parts` has */
  readonly length: number
  readonly parts: () => AsyncIterable<Uint8Array>
  /** the file beside the model; nothing if the model holds its tensors */
  readonly beside: () => AsyncIterable<Uint8Array>
}

/** How a model is encoded. */
export type EncodeOptions = {
  /** the name of a file beside the model that shall hold the tensors, relative to it; none by default */
  readonly beside?: string
}

const limit = 2 ** 31 - 1

/** Smaller tensors stay inside: shapes are found from them. */
const smallestBeside = 1024

/** Tensors in a file of their own begin at a page, so that it can be mapped. */
const page = 4096

const aligned = (offset: number): number => Math.ceil(offset / page) * page

const failure = (_tag: OnnxError['_tag'], message: string): E.Either<OnnxError, never> => E.left({ _tag, message })

/** Each value is made once, and before it is read. */
const checkNames = ({ inputs, outputs, operators, initialisers }: Model): E.Either<OnnxError, unknown> => {
  const known = new Set([''])
  const made = [...inputs.map(({ name }) => name), ...initialisers.map(({ name }) => name)]
  for (const operator of [undefined, ...operators]) {
    const unknown = operator?.inputs.find((input) => !known.has(input))
    if (unknown !== undefined)
      return failure(
        'UnknownValue',
        `${operator!.name}: it reads ${unknown}, which nothing before it makes; put its maker first`,
      )
    for (const name of operator?.outputs ?? made) {
      if (known.has(name)) return failure('DuplicateName', `${name}: two values have this name; give each its own`)
      known.add(name)
    }
  }
  const lost = outputs.find(({ name }) => !known.has(name))
  if (lost !== undefined)
    return failure('UnknownValue', `${lost.name}: nothing makes this output; name one that is made`)
  return E.right(undefined)
}

const places = (tensors: readonly Initialiser[], location: string | undefined): readonly (Place | undefined)[] => {
  let offset = 0
  return tensors.map((tensor) => {
    if (location === undefined || byteLength(tensor) < smallestBeside) return undefined
    const place = { location, offset }
    offset = aligned(offset + byteLength(tensor))
    return place
  })
}

/**
 * A model as the bytes of an `.onnx` file. The values of its tensors are read while the parts are taken, one tensor
 * after the other, so that the memory need not hold them twice.
 *
 * @param model what it does, and its tensors
 * @param options where the tensors lie
 * @see ONNX, "Open Neural Network Exchange Intermediate Representation", and onnx.proto
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encode, type Port } from '@resfn/onnx'
 * import { either as E } from 'fp-ts'
 *
 * const port = (name: string): Port => ({ name, type: 'float', shape: ['batch', 2] })
 * const model = encode({
 *   name: 'half',
 *   producer: ['example', '1'],
 *   opset: 17,
 *   inputs: [port('x')],
 *   outputs: [port('y')],
 *   operators: [{ type: 'Mul', name: 'halve', inputs: ['x', 'half'], outputs: ['y'] }],
 *   initialisers: [
 *     { name: 'half', type: 'float', shape: [], read: async () => new Uint8Array(new Float32Array([0.5]).buffer) },
 *   ],
 * })
 * assert.ok(E.isRight(model) && model.right.length < 200)
 * ```
 */
export const encode = (model: Model, { beside }: EncodeOptions = {}): E.Either<OnnxError, EncodedModel> => {
  const checked = checkNames(model)
  if (E.isLeft(checked)) return checked
  const where = places(model.initialisers, beside)
  const graph = graphProto(model)
  const total = model.initialisers.reduce((sum, tensor) => sum + byteLength(tensor) + tensor.name.length + 200, 0)
  if (beside === undefined && graph.length + total > limit)
    return failure(
      'TooLarge',
      `${model.name}: its tensors take ${total} bytes, and a model holds less than ${limit}; put them beside it`,
    )
  const heads = model.initialisers.map((tensor, i) => initialiserHead(tensor, where[i]))
  const isInside = (i: number): boolean => where[i] === undefined
  const graphLength = model.initialisers.reduce(
    (sum, tensor, i) => sum + heads[i]!.length + (isInside(i) ? byteLength(tensor) : 0),
    graph.length,
  )
  const head = modelProto(model, graphLength)
  return E.right({
    length: head.length + graphLength,
    parts: async function* () {
      yield head
      yield graph
      for (const [i, tensor] of model.initialisers.entries()) {
        yield heads[i]!
        if (isInside(i)) yield await tensor.read()
      }
    },
    beside: async function* () {
      for (const [i, tensor] of model.initialisers.entries()) {
        if (isInside(i)) continue
        yield await tensor.read()
        yield new Uint8Array(aligned(byteLength(tensor)) - byteLength(tensor))
      }
    },
  })
}
