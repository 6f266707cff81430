import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { AttributeValue, ElementType, Initialiser, Model, Operator, Port } from './model.ts'

// The numbers of fields and types are those of onnx.proto, whose messages the functions are named after.
const elementTypes: { readonly [T in ElementType]: number } = { float: 1, int64: 7 }

const bytesPer: { readonly [T in ElementType]: number } = { float: 4, int64: 8 }

/** Where a tensor lies in a file beside the model. */
export type Place = { readonly location: string; readonly offset: number }

const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value)

const integer = (writer: BinaryWriter, field: number, value: number): BinaryWriter =>
  writer.tag(field, WireType.Varint).int64(value)

const integers = (writer: BinaryWriter, field: number, values: readonly number[]): void => {
  writer.tag(field, WireType.LengthDelimited).fork()
  for (const value of values) writer.int64(value)
  writer.join()
}

const message = (writer: BinaryWriter, field: number, write: () => void): void => {
  writer.tag(field, WireType.LengthDelimited).fork()
  write()
  writer.join()
}

const attributeProto = (writer: BinaryWriter, name: string, value: AttributeValue): void => {
  const [float, int, string, ints] = [1, 2, 3, 7]
  text(writer, 1, name)
  if ('float' in value) writer.tag(2, WireType.Bit32).float(value.float)
  else if ('int' in value) integer(writer, 3, value.int)
  else if ('string' in value) text(writer, 4, value.string)
  else integers(writer, 8, value.ints)
  integer(writer, 20, 'float' in value ? float : 'int' in value ? int : 'string' in value ? string : ints)
}

const nodeProto = (writer: BinaryWriter, { type, name, inputs, outputs, attributes = {} }: Operator): void => {
  for (const input of inputs) text(writer, 1, input)
  for (const output of outputs) text(writer, 2, output)
  text(writer, 3, name)
  text(writer, 4, type)
  for (const [key, value] of Object.entries(attributes)) message(writer, 5, () => attributeProto(writer, key, value))
}

const valueInfoProto = (writer: BinaryWriter, { name, type, shape }: Port): void => {
  text(writer, 1, name)
  message(writer, 2, () =>
    message(writer, 1, () => {
      integer(writer, 1, elementTypes[type])
      message(writer, 2, () => {
        for (const size of shape)
          message(writer, 1, () => (typeof size === 'number' ? integer(writer, 1, size) : text(writer, 2, size)))
      })
    }),
  )
}

const entry = (writer: BinaryWriter, field: number, key: string, value: string): void =>
  message(writer, field, () => text(text(writer, 1, key), 2, value))

/** The bytes that the values of a tensor take. */
export const byteLength = ({ type, shape }: Initialiser): number =>
  shape.reduce((product, size) => product * size, bytesPer[type])

/** A tensor up to its values, which follow unless they lie elsewhere. */
const tensorProto = (tensor: Initialiser, place: Place | undefined): Uint8Array => {
  const writer = new BinaryWriter()
  integers(writer, 1, tensor.shape)
  integer(writer, 2, elementTypes[tensor.type])
  text(writer, 8, tensor.name)
  if (place === undefined) return writer.tag(9, WireType.LengthDelimited).uint32(byteLength(tensor)).finish()
  entry(writer, 13, 'location', place.location)
  entry(writer, 13, 'offset', String(place.offset))
  entry(writer, 13, 'length', String(byteLength(tensor)))
  return integer(writer, 14, 1).finish()
}

/** The field of the graph that holds a tensor, up to its values. */
export const initialiserHead = (tensor: Initialiser, place: Place | undefined): Uint8Array => {
  const head = tensorProto(tensor, place)
  const length = head.length + (place === undefined ? byteLength(tensor) : 0)
  return new BinaryWriter().tag(5, WireType.LengthDelimited).uint32(length).raw(head).finish()
}

/** The graph without its tensors. */
export const graphProto = ({ name, operators, inputs, outputs }: Model): Uint8Array => {
  const writer = new BinaryWriter()
  for (const operator of operators) message(writer, 1, () => nodeProto(writer, operator))
  text(writer, 2, name)
  for (const port of inputs) message(writer, 11, () => valueInfoProto(writer, port))
  for (const port of outputs) message(writer, 12, () => valueInfoProto(writer, port))
  return writer.finish()
}

/** The model up to its graph, which comes last and has so many bytes. */
export const modelProto = ({ producer, opset, metadata = {} }: Model, graphLength: number): Uint8Array => {
  const writer = new BinaryWriter()
  // The version of the format that came with opset 17.
  integer(writer, 1, 8)
  text(writer, 2, producer[0])
  text(writer, 3, producer[1])
  message(writer, 8, () => integer(text(writer, 1, ''), 2, opset))
  for (const [key, value] of Object.entries(metadata)) entry(writer, 14, key, value)
  return writer.tag(7, WireType.LengthDelimited).uint32(graphLength).finish()
}
