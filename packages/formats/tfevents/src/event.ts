import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** Numbers that were known at a step of a run, by tag. */
export type ScalarsEvent = {
  /** seconds since 1970 */
  readonly wallTime: number
  /** a whole number; 0 by default */
  readonly step?: number
  /** `train/loss` is drawn in the group `train` */
  readonly scalars: { readonly [tag: string]: number }
}

/** An event of a file, as it is read: those of other kinds have no scalars. */
export type TfEvent = Required<ScalarsEvent> & {
  /** the first event of a file has the version of its format */
  readonly version?: string
}

const message = (writer: BinaryWriter, field: number, write: () => void): void => {
  writer.tag(field, WireType.LengthDelimited).fork()
  write()
  writer.join()
}

const eventProto = (wallTime: number, step: number): BinaryWriter => {
  const writer = new BinaryWriter()
  // As in protobuf, 0 is left out, and -0 is another number.
  if (!Object.is(wallTime, 0)) writer.tag(1, WireType.Bit64).double(wallTime)
  if (step !== 0) writer.tag(2, WireType.Varint).int64(step)
  return writer
}

/** The message of the first event: the version that readers ask for. */
export const versionProto = (wallTime: number): Uint8Array =>
  eventProto(wallTime, 0).tag(3, WireType.LengthDelimited).string('brain.Event:2').finish()

/** The message of an event of numbers. */
export const scalarsProto = ({ wallTime, step = 0, scalars }: ScalarsEvent): Uint8Array => {
  const writer = eventProto(wallTime, step)
  message(writer, 5, () => {
    for (const [tag, value] of Object.entries(scalars))
      message(writer, 1, () => {
        writer.tag(1, WireType.LengthDelimited).string(tag)
        writer.tag(2, WireType.Bit32).float(value)
      })
  })
  return writer.finish()
}

/** Reads a message field by field; fields that `read` does not know are left out. */
const eachField = (bytes: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void => {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (!read(field, reader)) reader.skip(type, field)
  }
}

const valueOf = (bytes: Uint8Array): readonly [string, number] | undefined => {
  let [tag, value]: [string, number | undefined] = ['', undefined]
  eachField(bytes, (field, reader) => {
    if (field === 1) tag = reader.string()
    else if (field === 2) value = reader.float()
    else return false
    return true
  })
  return value === undefined ? undefined : [tag, value]
}

const scalarsOf = (bytes: Uint8Array): TfEvent['scalars'] => {
  const values: (readonly [string, number])[] = []
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false
    const value = valueOf(reader.bytes())
    if (value !== undefined) values.push(value)
    return true
  })
  return Object.fromEntries(values)
}

/** An event from its message; throws where the bytes are no message. */
export const readEvent = (bytes: Uint8Array): TfEvent => {
  let event: TfEvent = { wallTime: 0, step: 0, scalars: {} }
  eachField(bytes, (field, reader) => {
    if (field === 1) event = { ...event, wallTime: reader.double() }
    else if (field === 2) event = { ...event, step: Number(reader.int64()) }
    else if (field === 3) event = { ...event, version: reader.string() }
    else if (field === 5) event = { ...event, scalars: scalarsOf(reader.bytes()) }
    else return false
    return true
  })
  return event
}
