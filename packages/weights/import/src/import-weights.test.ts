import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { either as E, taskEither as TE } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { relu } from '@resfn/activation'
import type { KeyMap } from '@resfn/archs'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { dense } from '@resfn/dense'
import { init, type Layer, sequential, untyped, withState } from '@resfn/layer'
import { globalAvgPool } from '@resfn/pool'
import { key } from '@resfn/random'
import { encode, tensorView } from '@resfn/safetensors'
import { describeBackends } from '@resfn/test-utils'
import { dispose, flatten } from '@resfn/tree'
import {
  bestFormat,
  fileOf,
  importWeights,
  numpyWeights,
  type OtherKeys,
  planImport,
  type PublishedWeights,
  safetensorsWeights,
  shardedWeights,
  type SourceFile,
  torchWeights,
} from './index.ts'

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./fixtures/${name}`, import.meta.url)))

type Values = { readonly shape: readonly number[]; readonly values: readonly number[] }
const fixture = JSON.parse(new TextDecoder().decode(bytesOf('small.json'))) as {
  readonly x: Values
  readonly logits: { readonly [dtype: string]: readonly number[] }
  readonly adapted: { readonly [channels: string]: readonly number[] }
}

const small = ({ classes = 5, width = 4 } = {}): Layer<unknown, unknown> =>
  untyped(
    sequential({
      conv1: conv2d({ out: width, size: 3, stride: 2, padding: 1 }),
      bn1: batchNorm(),
      relu,
      pool: globalAvgPool,
      reduce: dense({ out: 3 }),
      relu2: relu,
      fc: dense({ out: classes }),
    }),
  )

const keys: KeyMap = [
  ['reduce.weight', 'reduce.weight@4'],
  ['mean', 'running_mean', 'num_batches_tracked'],
  ['variance', 'running_var'],
]
const options = { input: [6, 5, 3], keys, key: key(0) }

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const open = async (name: string): Promise<PublishedWeights> => right(await safetensorsWeights(fileOf(bytesOf(name)))())
const imported = async (weights: PublishedWeights, net = small(), more: Partial<typeof options> = {}) =>
  right(await importWeights(net, weights, { ...options, ...more })())
const faultsOf = async (weights: PublishedWeights, net = small(), more: Partial<typeof options> = {}) => {
  const result = await importWeights(net, weights, { ...options, ...more })()
  if (E.isRight(result)) throw new Error('it was imported')
  return result.left as OtherKeys
}

const logitsOf = async (weights: PublishedWeights): Promise<readonly number[]> => {
  const { params, state } = await imported(weights)
  const x = tf.tensor([...fixture.x.values], [...fixture.x.shape] as [number, number, number, number])
  return [...withState(small(), state)(params, x).dataSync()]
}

const expectClose = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length)
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
}

describeBackends('weights of PyTorch', () => {
  describe('a safetensors file of PyTorch', () => {
    it.each(['F32', 'F16', 'BF16', 'F64'])('of %s gives the logits of PyTorch', async (dtype) => {
      expectClose(await logitsOf(await open(`small-${dtype.toLowerCase()}.safetensors`)), fixture.logits[dtype]!)
    })

    it('may have a prefix before all keys', async () => {
      expectClose(await logitsOf(await open('small-prefixed.safetensors')), fixture.logits['F32']!)
    })

    it('may be in several files with an index', async () => {
      const index = new TextDecoder().decode(bytesOf('small.safetensors.index.json'))
      const weights = right(await shardedWeights(index, (name) => TE.right(fileOf(bytesOf(name))))())
      expectClose(await logitsOf(weights), fixture.logits['F32']!)
    })

    it.each(['small.pth', 'small.npz'])('may be %s instead', async (name) => {
      const weights = right(await (name.endsWith('.npz') ? numpyWeights : torchWeights)(fileOf(bytesOf(name)))())
      expectClose(await logitsOf(weights), fixture.logits['F32']!)
    })

    it('is read tensor by tensor, and counters are not read', async () => {
      const bytes = bytesOf('small-f32.safetensors')
      const reads: string[] = []
      let open = 0
      const file: SourceFile = {
        length: bytes.length,
        read: (start, end) => async () => {
          reads.push(`${start}-${end}`)
          expect(++open).toBe(1)
          await new Promise((done) => setTimeout(done, 1))
          open--
          return E.right(bytes.slice(start, end))
        },
      }
      const weights = right(await safetensorsWeights(file)())
      expect(reads).toEqual([`0-${bytes.length}`])
      await imported(weights)
      // Nine leaves, and no counter.
      expect(reads.length).toBe(1 + 9)
    })

    it('gives tensors that do not change with the bytes of the file', async () => {
      const bytes = bytesOf('small-f32.safetensors')
      const weights = right(await safetensorsWeights(fileOf(bytes))())
      const { params } = await imported(weights)
      const before = flatten(params).map(({ leaf }) => [...leaf.dataSync()])
      bytes.fill(0)
      expect(flatten(params).map(({ leaf }) => [...leaf.dataSync()])).toEqual(before)
    })
  })

  describe('keys that do not fit', () => {
    const with_ = async (
      change: (map: Map<string, PublishedWeights extends ReadonlyMap<string, infer T> ? T : never>) => void,
    ) => {
      const map = new Map(await open('small-f32.safetensors'))
      change(map)
      return map
    }

    it('are listed all at once, with the nearest known key', async () => {
      const weights = await with_((map) => {
        map.set('conv_1.weight', map.get('conv1.weight')!)
        map.delete('conv1.weight')
        map.delete('bn1.running_var')
        map.set('fc.bias', { ...map.get('fc.bias')!, shape: [5, 2] })
        map.set('head.zzz', map.get('fc.bias')!)
      })
      const faults = await faultsOf(weights)
      expect(faults._tag).toBe('OtherKeys')
      expect(faults.missing).toEqual(['conv1.weight', 'bn1.running_var'])
      expect(faults.unknown).toEqual(['conv_1.weight', 'head.zzz'])
      expect(faults.misshapen).toEqual([{ key: 'fc.bias', dtype: 'F32', found: [5, 2], expected: [5] }])
      expect(faults.message).toBe(
        '2 keys are missing: conv1.weight (the file has conv_1.weight), bn1.running_var; ' +
          '2 keys are unknown: conv_1.weight (the net has conv1.weight), head.zzz; ' +
          '1 key has another shape: fc.bias is F32 [5,2], the net has F32 [5]; is the file one of this net, in this format?',
      )
    })

    it('are named with their number where they are many', async () => {
      const weights = new Map(Array.from({ length: 20 }, (_, i) => [`q${i}`, undefined as never as never]))
      expect((await faultsOf(weights)).message).toMatch(/20 keys are unknown: q0, .*q7, and 12 more/)
    })

    it('include those of other dtypes, and shapes with the sizes in another order', async () => {
      const weights = await with_((map) => {
        map.set('fc.bias', { ...map.get('fc.bias')!, dtype: 'I64' })
        map.set('fc.weight', { ...map.get('fc.weight')!, shape: [3, 5] })
      })
      expect((await faultsOf(weights)).misshapen.map(({ key: name, expected }) => [name, expected])).toEqual([
        ['fc.weight', [5, 3]],
        ['fc.bias', [5]],
      ])
    })

    it('may lack counters, and counters of layers that the net does not have are unknown', async () => {
      await imported(await with_((map) => map.delete('bn1.num_batches_tracked')))
      const weights = await with_((map) => map.set('bn2.num_batches_tracked', map.get('bn1.num_batches_tracked')!))
      expect((await faultsOf(weights)).unknown).toEqual(['bn2.num_batches_tracked'])
    })

    it('are read into the memory that is given, and else into that of the caller', async () => {
      const weights = await open('small-f32.safetensors')
      const net = small()
      const { leaves } = right(planImport(weights, { plan: net.plan(options.input), ...options }))
      const memory = new Float32Array(4096)
      const kept = await Promise.all(leaves.map(async ({ values }) => right(await values()())))
      for (const [i, { values }] of leaves.entries()) {
        const read = right(await values(memory)())
        expect([...read]).toEqual([...kept[i]!])
      }
      const filters = leaves.find(({ name }) => name.endsWith('conv1.weight'))!
      expect(right(await filters.values(memory)()).buffer).toBe(memory.buffer)
      for (const values of kept) expect(values.buffer).not.toBe(memory.buffer)
    })

    it('free no tensor twice and leave none if a tensor cannot be read', async () => {
      const weights = await with_((map) =>
        map.set('fc.bias', { ...map.get('fc.bias')!, values: TE.left({ _tag: 'Gone', message: 'the disk is gone' }) }),
      )
      const before = tf.memory().numTensors
      expect(await importWeights(small(), weights, options)()).toEqual(
        E.left({ _tag: 'Gone', message: 'the disk is gone' }),
      )
      expect(tf.memory().numTensors).toBe(before)
      const all = await imported(await open('small-f32.safetensors'))
      dispose([all.params, all.state])
      expect(tf.memory().numTensors).toBe(before)
    })
  })

  describe('another number of channels', () => {
    it.each([1, 2, 4, 7])('of %i adapts the first filters as timm does', async (channels) => {
      const { params, adapted, drawn } = await imported(await open('small-f32.safetensors'), small(), {
        input: [6, 5, channels],
      })
      expect(adapted).toEqual(['params.conv1.weight'])
      expect(drawn).toEqual([])
      const [weight] = flatten(params).filter(({ path }) => path === 'conv1.weight')
      expect(weight!.leaf.shape).toEqual([3, 3, channels, 4])
      expect([...weight!.leaf.dataSync()]).toEqual(fixture.adapted[channels]!.map((value) => Math.fround(value)))
    })

    it('adapts nothing but the number of channels', async () => {
      const faults = await faultsOf(await open('small-f32.safetensors'), small({ width: 6 }), { input: [6, 5, 1] })
      expect(faults.misshapen.map(({ key: name }) => name)).toContain('conv1.weight')
    })
  })

  describe('another number of classes', () => {
    it('keeps the body and draws the head as init draws it', async () => {
      const net = small({ classes: 7 })
      const weights = await open('small-f32.safetensors')
      const { params, drawn, adapted } = await imported(weights, net)
      expect(drawn).toEqual(['params.fc.weight', 'params.fc.bias'])
      expect(adapted).toEqual([])
      const values = (tree: unknown) =>
        Object.fromEntries(flatten(tree).map(({ path, leaf }) => [path, [...leaf.dataSync()]]))
      const [found, fresh, whole] = [
        values(params),
        values(init(net, key(0), [6, 5, 3]).params),
        values((await imported(weights)).params),
      ]
      for (const path of Object.keys(found))
        expect(found[path], path).toEqual((path.startsWith('fc.') ? fresh : whole)[path])
    })

    it('is no excuse for another body', async () => {
      const faults = await faultsOf(await open('small-f32.safetensors'), small({ classes: 7, width: 6 }))
      expect(faults.misshapen.map(({ key: name }) => name)).not.toContain('fc.weight')
      expect(faults.misshapen.map(({ key: name }) => name)).toContain('bn1.weight')
    })
  })
})

describe('files that cannot be read', () => {
  it.each<[what: string, index: string, message: RegExp]>([
    ['no JSON', '{', /the index: it is not JSON/],
    ['no map', '{}', /it has no "weight_map"/],
    ['a list as map', '{"weight_map":[]}', /it has no "weight_map"/],
    ['a path out of the folder', '{"weight_map":{"a":"../a"}}', /the shard of a is "\.\.\/a", not the name of a file/],
    ['a number as shard', '{"weight_map":{"a":1}}', /the shard of a is 1/],
    [
      'a key that its shard lacks',
      '{"weight_map":{"a":"small-f32.safetensors"}}',
      /small-f32\.safetensors has no tensor a/,
    ],
  ])('an index with %s', async (_, index, message) => {
    const result = await shardedWeights(index, (name) => TE.right(fileOf(bytesOf(name))))()
    expect(result).toMatchObject({ left: { _tag: 'InvalidIndex', message: expect.stringMatching(message) as string } })
  })

  it('a file cut short, at every byte', async () => {
    const bytes = bytesOf('small-f32.safetensors')
    for (let length = 0; length < bytes.length; length++)
      expect((await safetensorsWeights(fileOf(bytes.subarray(0, length)))())._tag).toBe('Left')
  })

  it('a header longer than the first part that is read', async () => {
    const tensors = Array.from(
      { length: 2000 },
      (_, i) => [`a.long.name.of.a.tensor.${i}`, tensorView('F32', [1], new Float32Array([i]))] as const,
    )
    const weights = right(await safetensorsWeights(fileOf(right(encode({ tensors }))))())
    expect(right(await weights.get('a.long.name.of.a.tensor.1999')!.values())).toEqual(new Float32Array([1999]))
  })
})

describe('the format of a file', () => {
  const formats = { torch: keys, plain: [], keras: [['weight', 'kernel']] } as const
  const plan = small().plan([6, 5, 3])
  it.each([
    [['module.conv1.weight', 'module.bn1.running_mean'], 'torch'],
    [['conv1.weight', 'bn1.mean'], 'plain'],
    [['conv1.kernel', 'fc.kernel'], 'keras'],
    [['something'], 'torch'],
  ])('of %j is %s', (names, format) => {
    expect(bestFormat(names, plan, formats)).toBe(format)
  })
})
