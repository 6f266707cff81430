import type { Shape } from '@resfn/layer'
import type { Score } from '@resfn/losses'
import type { Key } from '@resfn/random'
import { either as E } from 'fp-ts'
import { type CheckpointError, failure } from './checkpoint-error.ts'
import type { Cursor } from '@resfn/batches'
import type { EpochRecord, Run } from '@resfn/step'

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What a checkpoint says of the net in it and of how it was trained: enough to build the net again. */
export type Description = {
  readonly net: {
    /** the name it is asked for by, such as `resnet20` */
    readonly name: string
    /** what it was built with */
    readonly options?: Json
    /** the shape of one input sample */
    readonly input: Shape
    /** the names of the classes, in the order of the labels */
    readonly classes: readonly string[]
  }
  /** whatever the caller wants to find again: data set, optimiser, schedule, preset */
  readonly training?: Json
}

/** The part of a run that is no tensor. */
export type Progress = Omit<Run<unknown, unknown>, 'params' | 'state' | 'optimiser'>

const format = 'resfn'
const version = '1'

// JSON has no NaN and no infinities; a history may.
const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  )

/** Description and progress as the strings of a safetensors file. */
export const encodeMetadata = (
  description: Description,
  progress?: Progress,
): readonly (readonly [string, string])[] => [
  ['format', format],
  ['version', version],
  ['description', stringify(description)],
  ...(progress === undefined ? [] : [['run', stringify(progress)] as const]),
]

class Corrupt extends Error {}

type Decoder<A> = (value: unknown, path: string) => A

const wanted = (path: string, what: string, value: unknown): never => {
  throw new Corrupt(`${path} is ${JSON.stringify(value)?.slice(0, 60) ?? 'missing'}, not ${what}`)
}

const number: Decoder<number> = (value, path) => {
  if (typeof value === 'number') return value
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity'
    ? Number(value)
    : wanted(path, 'a number', value)
}

const whole: Decoder<number> = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : wanted(path, 'a whole number from 0', value)

const text: Decoder<string> = (value, path) => (typeof value === 'string' ? value : wanted(path, 'a string', value))

const json: Decoder<Json> = (value) => value as Json

const list =
  <A>(item: Decoder<A>): Decoder<readonly A[]> =>
  (value, path) =>
    Array.isArray(value) ? value.map((part, i) => item(part, `${path}[${i}]`)) : wanted(path, 'an array', value)

type Fields = { readonly [name: string]: Decoder<unknown> }
type Decoded<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> }

const fieldsOf = (value: unknown, path: string, fields: Fields): readonly (readonly [string, unknown])[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? wanted(path, 'an object', value)
    : Object.entries(fields).map(
        ([name, decode]) =>
          [name, decode((value as { readonly [name: string]: unknown })[name], `${path}.${name}`)] as const,
      )

const record =
  <F extends Fields>(fields: F): Decoder<Decoded<F>> =>
  (value, path) =>
    Object.fromEntries(fieldsOf(value, path, fields)) as Decoded<F>

/** A record some of whose fields may be missing. */
const recordWith =
  <F extends Fields, O extends Fields>(fields: F, optional: O): Decoder<Decoded<F> & Partial<Decoded<O>>> =>
  (value, path) => {
    const present = Object.fromEntries(
      Object.entries(optional).filter(([name]) => Object.hasOwn(Object(value) as object, name)),
    )
    return Object.fromEntries([...fieldsOf(value, path, fields), ...fieldsOf(value, path, present)]) as Decoded<F> &
      Partial<Decoded<O>>
  }

const averages = record({ loss: number, accuracy: number })

const key: Decoder<Key> = (value, path) => {
  const parts = list(whole)(value, path)
  return parts.length === 2 && parts.every((part) => part < 2 ** 32)
    ? [parts[0]!, parts[1]!]
    : wanted(path, 'two 32-bit numbers', value)
}

const progress: Decoder<Progress> = record({
  key,
  cursor: record({ epoch: whole, batch: whole }) satisfies Decoder<Cursor>,
  step: whole,
  score: record({ examples: whole, correct: whole, loss: number }) satisfies Decoder<Score>,
  history: list(
    recordWith(
      { epoch: whole, step: whole, learningRate: number, training: averages },
      { evaluation: averages },
    ) as Decoder<EpochRecord>,
  ),
})

const description = recordWith(
  { net: recordWith({ name: text, input: list(whole), classes: list(text) }, { options: json }) },
  { training: json },
) as Decoder<Description>

const decodeText = <A>(name: string, decoder: Decoder<A>, value: string): E.Either<CheckpointError, A> =>
  E.tryCatch(
    () => decoder(JSON.parse(value), name),
    (error) =>
      failure(
        'CorruptMetadata',
        `metadata "${name}"`,
        error instanceof Corrupt ? error.message : 'it is not JSON',
        'the file is damaged or was not written by encodeCheckpoint',
      ),
  )

/** Description and, where the file holds a run and not only weights, its progress. */
export const decodeMetadata = (
  metadata: ReadonlyMap<string, string>,
): E.Either<CheckpointError, { readonly description: Description; readonly progress: Progress | undefined }> => {
  if (metadata.get('format') !== format || !metadata.has('description'))
    return E.left(
      failure(
        'NotACheckpoint',
        'metadata',
        `it has ${metadata.size === 0 ? 'no entries' : `the keys ${[...metadata.keys()].join(', ')}`}, not those of a checkpoint`,
        'for weights of other programs use an importer',
      ),
    )
  if (metadata.get('version') !== version)
    return E.left(
      failure(
        'UnknownVersion',
        'metadata "version"',
        `it is ${JSON.stringify(metadata.get('version') ?? null)}, this package reads "${version}"`,
        'use a newer release of @resfn/checkpoint',
      ),
    )
  const described = decodeText('description', description, metadata.get('description')!)
  if (E.isLeft(described)) return described
  const run = metadata.get('run')
  if (run === undefined) return E.right({ description: described.right, progress: undefined })
  return E.map((decoded: Progress) => ({ description: described.right, progress: decoded }))(
    decodeText('run', progress, run),
  )
}
