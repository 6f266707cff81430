import type { Shape } from '@resfn/layer'
import type { Key } from '@resfn/random'
import type { Run } from '@resfn/step'
import { either as E } from 'fp-ts'
import * as v from 'valibot'
import { type CheckpointError, failure } from './checkpoint-error.ts'

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What a checkpoint says of the net in it and of how it was trained: enough to build the net again. */
export type Description = {
  readonly net: {
    /** The name of the net, such as `resnet18`. */
    readonly name: string
    /** The options it was built with. */
    readonly options?: Json
    /** The shape of one input sample. */
    readonly input: Shape
    /** The names of the classes, in the order of the labels. */
    readonly classes: readonly string[]
  }
  /**
   * Whatever the caller wants to find again: data set, optimiser, schedule, and the versions and engine that computed
   * the run.
   */
  readonly training?: Json
}

/** The part of a run that holds no tensors. */
export type Progress = Omit<Run<unknown, unknown>, 'params' | 'state' | 'optimiser' | 'average'>

const format = 'resfn'
const version = '1'

// JSON has no NaN and no infinities; a history may.
const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  )

/**
 * Description and progress as the strings of a safetensors file, for programs that write a checkpoint tensor by tensor.
 *
 * @param description what the file should say of the net and its training
 * @param progress nothing for weights alone
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeMetadata } from '@resfn/checkpoint'
 *
 * const metadata = encodeMetadata({ net: { name: 'linear', input: [3], classes: ['cat', 'dog'] } })
 * assert.deepEqual(metadata.map(([name]) => name), ['format', 'version', 'description'])
 * ```
 */
export const encodeMetadata = (
  description: Description,
  progress?: Progress,
): readonly (readonly [string, string])[] => [
  ['format', format],
  ['version', version],
  ['description', stringify(description)],
  ...(progress === undefined ? [] : [['run', stringify(progress)] as const]),
]

// The message of a schema says what the value must be.
const text = v.string('a string')
const number = v.union(
  [v.number(), v.pipe(v.picklist(['NaN', 'Infinity', '-Infinity']), v.transform(Number))],
  'a number',
)
const wholeTo = (max: number, must: string) =>
  v.pipe(v.number(must), v.integer(must), v.minValue(0, must), v.maxValue(max, must))
const whole = wholeTo(Number.MAX_SAFE_INTEGER, 'a whole number from 0')
const uint32 = wholeTo(2 ** 32 - 1, 'a 32-bit number')
const record = <const T extends v.ObjectEntries>(entries: T) => v.object(entries, 'an object')
const list = <const T extends v.GenericSchema>(item: T) => v.array(item, 'an array')

const key = v.pipe(
  list(uint32),
  v.length(2, 'two 32-bit numbers'),
  v.transform((parts): Key => [parts[0]!, parts[1]!]),
)

const averages = record({ loss: number, accuracy: number })

const progress: v.GenericSchema<unknown, Progress> = record({
  key,
  cursor: record({ epoch: whole, batch: whole }),
  step: whole,
  score: record({ examples: whole, correct: whole, loss: number }),
  history: list(
    record({
      epoch: whole,
      step: whole,
      learningRate: number,
      training: averages,
      evaluation: v.exactOptional(averages),
    }),
  ),
})

// A file of a few bytes can claim a net of any size; whoever builds it would run out of memory.
const largestSample = 2 ** 26
const mostClasses = 2 ** 16

const json = v.custom<Json>(() => true)

const description: v.GenericSchema<unknown, Description> = record({
  net: record({
    name: text,
    input: v.pipe(
      list(whole),
      v.check(
        (shape) => shape.reduce((product, size) => product * size, 1) <= largestSample,
        `the shape of a sample of at most ${largestSample} values`,
      ),
    ),
    classes: v.pipe(list(text), v.maxLength(mostClasses, `an array of at most ${mostClasses} names`)),
    options: v.exactOptional(json),
  }),
  training: v.exactOptional(json),
})

const pathOf = (name: string, issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? []).reduce(
    (path, { key: step }) => (typeof step === 'number' ? `${path}[${step}]` : `${path}.${String(step)}`),
    name,
  )

const problem = (name: string, issue: v.BaseIssue<unknown>): string => {
  const path = pathOf(name, issue)
  return issue.input === undefined
    ? `${path} is missing`
    : `${path} is ${JSON.stringify(issue.input).slice(0, 60)}, not ${issue.message}`
}

const decodeText = <A>(
  name: string,
  schema: v.GenericSchema<unknown, A>,
  value: string,
): E.Either<CheckpointError, A> => {
  const corrupt = (what: string): E.Either<CheckpointError, never> =>
    E.left(
      failure(
        'CorruptMetadata',
        `metadata "${name}"`,
        what,
        'the file is damaged or was not written by encodeCheckpoint',
      ),
    )
  try {
    const result = v.safeParse(schema, JSON.parse(value), { abortEarly: true })
    return result.success ? E.right(result.output) : corrupt(problem(name, result.issues[0]))
  } catch {
    return corrupt('it is not JSON')
  }
}

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
        'weights of other programs are read by @resfn/import, or on the command line: resfn import FILE --net NAME --out FOLDER',
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
