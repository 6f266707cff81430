import * as tf from '@tensorflow/tfjs-core'
import { decode, encode, tensorView, type TensorView } from '@resfn/safetensors'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { sequential } from '@resfn/layer'
import { adam, type Optimiser } from '@resfn/optimisers'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { startRun } from '@resfn/step'
import { describeBackends } from '@resfn/test-utils'
import { dispose, map } from '@resfn/tree'
import fc from 'fast-check'
import { either as E, function as F } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { description, input, net, optimiser, type TinyRun, valuesOf } from '@resfn/test-utils/tiny'
import {
  type CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeWeights,
  restoreRun,
  restoreVariables,
} from './index.ts'

const wanted = { net, name: 'tiny', input }

const right = <A>(result: E.Either<CheckpointError, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const left = <A>(result: E.Either<CheckpointError, A>): CheckpointError => {
  if (E.isRight(result)) throw new Error('it was accepted')
  return result.left
}

const start = (using: Optimiser = optimiser): TinyRun => startRun(net, { optimiser: using, key: key(1), input })
const bytesOf = async (run: TinyRun): Promise<Uint8Array> => right(await encodeCheckpoint(run, description)())
const read = (bytes: Uint8Array, using: Optimiser = optimiser): E.Either<CheckpointError, TinyRun> =>
  F.pipe(
    bytes,
    decodeCheckpoint,
    E.chain((checkpoint) => restoreRun(checkpoint, { ...wanted, optimiser: using })),
  )

describeBackends('a run restored from its checkpoint', () => {
  it('does not share memory with the bytes', async () => {
    const bytes = await bytesOf(start())
    const restored = right(read(bytes))
    const before = valuesOf(restored.params)
    bytes.fill(0)
    expect(valuesOf(restored.params)).toEqual(before)
  })

  it('leaves no tensors behind, restored or refused', async () => {
    const run = start(adam())
    const bytes = await bytesOf(run)
    const before = tf.memory().numTensors
    expect(left(read(bytes, optimiser))._tag).toBe('OtherTensors')
    expect(
      left(
        F.pipe(
          bytes,
          decodeCheckpoint,
          E.chain((read) => restoreVariables(read, { ...wanted, input: [4, 4, 2] })),
        ),
      )._tag,
    ).toBe('OtherNet')
    expect(tf.memory().numTensors).toBe(before)
    dispose(right(read(bytes, adam())))
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('a checkpoint of a run with a moving average', () => {
  const averaged = (): TinyRun => {
    const run = start()
    const doubled = map({ params: run.params, state: run.state }, (leaf: tf.Tensor) => tf.mul(leaf, 2))
    return { ...run, average: doubled }
  }

  it('gives the average to whoever evaluates, and both to whoever trains', async () => {
    const run = averaged()
    const bytes = await bytesOf(run)
    const restored = right(read(bytes))
    const tensors = ({ params, state, optimiser: memory, average }: TinyRun): unknown =>
      valuesOf({ params, state, memory, average })
    expect(tensors(restored)).toEqual(tensors(run))
    const found = right(restoreVariables(right(decodeCheckpoint(bytes)), wanted))
    expect(valuesOf(found)).toEqual(valuesOf(run.average))
    const names = [...right(decodeCheckpoint(bytes)).tensors.keys()]
    expect(names.filter((name) => name.includes('bn.') && name.startsWith('learning.'))).toEqual([
      'learning.params.bn.bias',
      'learning.params.bn.weight',
      'learning.state.bn.mean',
      'learning.state.bn.variance',
    ])
    expect(await bytesOf(restored)).toEqual(bytes)
  })

  it('is refused where what learns is not whole, and leaves no tensor', async () => {
    const bytes = await bytesOf(averaged())
    const { tensors, metadata } = F.pipe(
      decode(bytes),
      E.getOrElseW(() => {
        throw new Error('it was refused')
      }),
    )
    const fewer = new Map([...tensors].filter(([name]) => name !== 'learning.state.bn.mean'))
    const damaged = F.pipe(
      encode({ tensors: [...fewer], metadata: [...metadata] }),
      E.getOrElseW(() => {
        throw new Error('it was refused')
      }),
    )
    const before = tf.memory().numTensors
    expect(left(read(damaged))).toMatchObject({
      _tag: 'OtherTensors',
      message: expect.stringContaining('learning.state.bn.mean F32 [3] is missing') as string,
    })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('a checkpoint', () => {
  it('names its tensors by group and path', async () => {
    const { tensors, description: said, progress } = right(decodeCheckpoint(await bytesOf(start())))
    expect([...tensors.keys()].filter((name) => name.includes('bn'))).toEqual([
      'optimiser.velocity.bn.bias',
      'optimiser.velocity.bn.weight',
      'params.bn.bias',
      'params.bn.weight',
      'state.bn.mean',
      'state.bn.variance',
    ])
    expect(said).toEqual(description)
    expect(progress).toEqual({
      key: [0, 1],
      cursor: { epoch: 0, batch: 0 },
      step: 0,
      score: { examples: 0, correct: 0, loss: 0 },
      history: [],
    })
  })

  it('of weights alone serves evaluation and says that there is no run in it', async () => {
    const run = start()
    const bytes = right(await encodeWeights(run, description)())
    const restored = right(
      F.pipe(
        bytes,
        decodeCheckpoint,
        E.chain((read) => restoreVariables(read, wanted)),
      ),
    )
    expect(valuesOf(restored)).toEqual(valuesOf({ params: run.params, state: run.state }))
    expect(left(read(bytes))).toEqual({
      _tag: 'WeightsOnly',
      message:
        'the checkpoint: it holds weights and no run; evaluate it, or start a new run from its weights (restoreVariables)',
    })
  })

  it('of a run serves evaluation too', async () => {
    expect(
      E.isRight(
        F.pipe(
          await bytesOf(start()),
          decodeCheckpoint,
          E.chain((read) => restoreVariables(read, wanted)),
        ),
      ),
    ).toBe(true)
  })

  it('keeps a history with numbers that JSON does not have', async () => {
    const odd = {
      epoch: 0,
      step: 3,
      learningRate: 0.1,
      training: { loss: Number.POSITIVE_INFINITY, accuracy: 0.5 },
      evaluation: { loss: Number.NaN, accuracy: 0 },
    }
    expect(right(read(await bytesOf({ ...start(), history: [odd] }))).history).toEqual([odd])
  })

  it('of another net says what it was made for and what was asked for', async () => {
    const checkpoint = right(decodeCheckpoint(await bytesOf(start())))
    expect(left(restoreVariables(checkpoint, { ...wanted, name: 'resnet20', input: [28, 28, 1] }))).toEqual({
      _tag: 'OtherNet',
      message:
        'the checkpoint: it was made for tiny on [4,4,1] images with 3 classes; you asked for resnet20 on [28,28,1]; build the net as the checkpoint describes it, or start a new run of resnet20',
    })
  })

  it('with other tensors names each of them, with both shapes', async () => {
    const checkpoint = right(decodeCheckpoint(await bytesOf(start())))
    const other = sequential({ conv: conv2d({ out: 3, size: 3 }), pool: globalAvgPool, fc: dense({ out: 5 }) })
    expect(left(restoreVariables(checkpoint, { net: other, name: 'tiny', input }))).toEqual({
      _tag: 'OtherTensors',
      message:
        'the checkpoint: params.fc.weight is F32 [3,3], expected F32 [3,5]; params.fc.bias is F32 [3], expected F32 [5]; params.bn.bias F32 [3] belongs to nothing; ' +
        'params.bn.weight F32 [3] belongs to nothing; state.bn.mean F32 [3] belongs to nothing; and 1 more; is tiny built with the same options (classes, depth, optimiser) as when the checkpoint was written?',
    })
  })

  it('with missing tensors and tensors of another type names them', async () => {
    const checkpoint = right(decodeCheckpoint(await bytesOf(start())))
    const tensors = new Map<string, TensorView>([...checkpoint.tensors].filter(([name]) => name !== 'state.bn.mean'))
    tensors.set('params.fc.bias', tensorView('F16', [3], new Uint16Array(3)))
    const { message } = left(restoreVariables({ ...checkpoint, tensors }, wanted))
    expect(message).toContain('params.fc.bias is F16 [3], expected F32 [3]; state.bn.mean F32 [3] is missing')
  })

  it('asked for with images that the net cannot take names the layer', async () => {
    const checkpoint = right(decodeCheckpoint(await bytesOf(start())))
    const other = { ...checkpoint, description: { ...description, net: { ...description.net, input: [16] } } }
    const error = left(restoreVariables(other, { ...wanted, input: [16] }))
    expect(error._tag).toBe('OtherNet')
    expect(error.message).toMatch(/^conv: .*the net named tiny cannot take \[16\] images/)
  })

  it('made with another optimiser says what is missing and what belongs to nothing', async () => {
    const { _tag, message } = left(read(await bytesOf(start(adam()))))
    expect(_tag).toBe('OtherTensors')
    expect(message).toMatch(
      /optimiser\.velocity\.conv\.weight F32 \[3,3,1,3\] is missing; .*; and \d+ more; is the optimiser built with the same options/,
    )
  })
})

describe('bytes that are no checkpoint', () => {
  const metadata = (change: { readonly [key: string]: string | undefined }): Promise<Uint8Array> =>
    bytesOf(start()).then((bytes) => {
      const file = right(E.mapLeft((error: unknown) => error as CheckpointError)(decode(bytes)))
      const entries = Object.entries({ ...Object.fromEntries(file.metadata), ...change }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      )
      return right(
        E.mapLeft((error: unknown) => error as CheckpointError)(encode({ tensors: file.tensors, metadata: entries })),
      )
    })
  const run = {
    key: [0, 1],
    cursor: { epoch: 0, batch: 0 },
    step: 0,
    score: { examples: 0, correct: 0, loss: 0 },
    history: [],
  }

  it.each<readonly [string, CheckpointError['_tag'], { readonly [key: string]: string | undefined }]>([
    [
      'metadata: it has the keys description, run, version, not those of a checkpoint',
      'NotACheckpoint',
      { format: undefined },
    ],
    ['metadata "version": it is "2", this package reads "1"', 'UnknownVersion', { version: '2' }],
    ['metadata "description": it is not JSON', 'CorruptMetadata', { description: '{' }],
    ['metadata "description": description.net is missing', 'CorruptMetadata', { description: '{}' }],
    [
      'description.net.input[1] is "x", not a whole number from 0',
      'CorruptMetadata',
      { description: JSON.stringify({ net: { name: 'tiny', input: [4, 'x'], classes: [] } }) },
    ],
    [
      'run.cursor.batch is -1, not a whole number from 0',
      'CorruptMetadata',
      { run: JSON.stringify({ ...run, cursor: { epoch: 0, batch: -1 } }) },
    ],
    ['run.key is [0], not two 32-bit numbers', 'CorruptMetadata', { run: JSON.stringify({ ...run, key: [0] }) }],
    [
      'run.score.loss is null, not a number',
      'CorruptMetadata',
      { run: JSON.stringify({ ...run, score: { examples: 0, correct: 0, loss: null } }) },
    ],
    [
      'run.history[0].training is missing',
      'CorruptMetadata',
      { run: JSON.stringify({ ...run, history: [{ epoch: 0, step: 1, learningRate: 1 }] }) },
    ],
    ['run.step is missing', 'CorruptMetadata', { run: JSON.stringify({ ...run, step: undefined }) }],
    [
      'run.key[1] is 4294967296, not a 32-bit number',
      'CorruptMetadata',
      { run: JSON.stringify({ ...run, key: [0, 2 ** 32] }) },
    ],
    ['run is 7, not an object', 'CorruptMetadata', { run: '7' }],
    ['run.history is {}, not an array', 'CorruptMetadata', { run: JSON.stringify({ ...run, history: {} }) }],
    [
      'description.net.name is 7, not a string',
      'CorruptMetadata',
      { description: JSON.stringify({ net: { name: 7, input: [4], classes: [] } }) },
    ],
    // What a few bytes can claim, and a reader would make.
    [
      'description.net.input is [20000,20000,3], not the shape of a sample of at most 67108864 values',
      'CorruptMetadata',
      { description: JSON.stringify({ net: { name: 'tiny', input: [20000, 20000, 3], classes: [] } }) },
    ],
    [
      'not an array of at most 65536 names',
      'CorruptMetadata',
      { description: JSON.stringify({ net: { name: 'tiny', input: [4], classes: Array(65537).fill('') } }) },
    ],
    ['metadata "run": it is not JSON', 'CorruptMetadata', { run: '['.repeat(1e6) }],
  ])('say where: %s', async (message, tag, change) => {
    const error = left(decodeCheckpoint(await metadata(change)))
    expect(error.message).toContain(message)
    expect(error._tag).toBe(tag)
  })

  it('do not throw, whatever their metadata claims', async () => {
    const paths = ['description', 'description.net', 'description.net.name', 'description.net.input']
    const places = [
      ...paths,
      'description.net.classes',
      'run',
      'run.key',
      'run.cursor',
      'run.step',
      'run.score',
      'run.history',
    ]
    const replaced = (value: object, [name = '', ...rest]: readonly string[], by: unknown): object => ({
      ...value,
      [name]:
        rest.length === 0
          ? by
          : replaced(Object.entries(value).find(([each]) => each === name)![1] as object, rest, by),
    })
    const file = right(E.mapLeft((error: unknown) => error as CheckpointError)(decode(await bytesOf(start()))))
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, by) => {
        const metadata = Object.entries(replaced({ description, run }, place.split('.'), by)).map(
          ([name, value]) => [name, JSON.stringify(value)] as const,
        )
        const result = F.pipe(
          encode({ tensors: file.tensors, metadata: [['format', 'resfn'], ['version', '1'], ...metadata] }),
          E.mapLeft((error: unknown) => error as CheckpointError),
          E.chain((bytes) => read(bytes)),
        )
        if (E.isRight(result)) dispose(result.right)
        else expect(result.left.message.length).toBeGreaterThan(10)
      }),
      { numRuns: 500 },
    )
  })

  it('say so when they are cut short, at any byte', async () => {
    const bytes = await bytesOf(start())
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(left(decodeCheckpoint(bytes.subarray(0, length)))._tag).toBe('Unreadable')
      }),
    )
  })

  it('do not throw, whichever byte is changed', async () => {
    const bytes = await bytesOf(start())
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = bytes.slice()
        changed[at] = changed[at]! ^ by
        const result = read(changed)
        if (E.isRight(result)) dispose(result.right)
        else expect(result.left.message.length).toBeGreaterThan(10)
      }),
      { numRuns: 300 },
    )
  })
})
