import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { expect, it } from 'vitest'
import { relu } from '@resfn/activation'
import { valueAndGradient } from '@resfn/autodiff'
import { bottleneck, projectedBottleneck } from '@resfn/bottleneck'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { convBn } from '@resfn/conv-bn'
import { dense } from '@resfn/dense'
import {
  absorb,
  type AnyLayer,
  init,
  type Layer,
  repeat,
  sequential,
  type Shape,
  type Spec,
  untyped,
} from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { type OptimiserState, sgd } from '@resfn/optimisers'
import { globalAvgPool, maxPool } from '@resfn/pool'
import { key, uniform } from '@resfn/random'
import { decode, toFloat32 } from '@resfn/safetensors'
import { advance, flatten, mapTo } from '@resfn/tree'
import { describeBackends, expectNoLeak } from '@resfn/test-utils'
import { cifarResnet, optionB } from './cifar-resnet/index.ts'
import { lenet } from './lenet/index.ts'

const stage = (out: number, stride: number): AnyLayer =>
  repeat([projectedBottleneck({ out, stride, shortcut: convBn({ out, size: 1, stride }) }), bottleneck({ out })])

/** The nets of scripts/fixtures/training.py. */
const nets: { readonly [name: string]: AnyLayer } = {
  'lenet-bn': lenet({ classes: 10 }),
  resnet8: cifarResnet({ depth: 8, classes: 10 }),
  'resnet8-b': cifarResnet({ depth: 8, classes: 10, shortcuts: optionB }),
  bottlenecks: sequential({
    conv1: conv2d({ out: 16, size: 7, stride: 2 }),
    bn1: batchNorm(),
    relu,
    maxPool: maxPool({ size: 3, stride: 2, padding: 1 }),
    layer1: stage(32, 1),
    layer2: stage(64, 2),
    globalAvgPool,
    fc: dense({ out: 10 }),
  }),
}

type Variables = { readonly params: object; readonly state: object }
type Fixture = {
  readonly header: {
    readonly seed: number
    readonly input: [number, number, number, number]
    readonly learningRate: number
  }
  readonly values: (name: string) => Float32Array
  readonly names: readonly string[]
}

const read = (name: string): Fixture => {
  const file = decode(new Uint8Array(readFileSync(new URL(`./fixtures/${name}.safetensors`, import.meta.url))))
  if (E.isLeft(file)) throw new Error(file.left.message)
  const { tensors, metadata } = file.right
  const values = (path: string): Float32Array => {
    const decoded = E.flatMap(toFloat32)(E.fromNullable({ message: `no ${path}` })(tensors.get(path)))
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    return decoded.right
  }
  return { header: JSON.parse(metadata.get('header')!) as Fixture['header'], values, names: [...tensors.keys()] }
}

const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

/** What the script draws: each leaf from the key of the seed and its rank among the sorted paths. */
const firstValues = (specs: unknown, seed: number, offset: number): object => {
  const ranks = new Map(
    flatten<Spec>(specs)
      .map(({ path }) => path)
      .sort()
      .map((path, rank) => [path, rank]),
  )
  return mapTo(specs as object, ({ shape }: Spec, path: string) => {
    const around = /(weight|variance)$/.test(path) && shape.length === 1 ? 1 : 0
    const bound = shape.length > 1 ? Math.sqrt(6 / sizeOf(shape.slice(0, -1))) : 0.25
    return tf.tensor(
      uniform([seed, offset + ranks.get(path)!], sizeOf(shape), { low: around - bound, high: around + bound }),
      [...shape],
    )
  })
}

const sampled = (values: Float32Array): Float32Array =>
  values.length > 4608 ? values.filter((_, i) => i % 5 === 0) : values

/**
 * The largest difference over a tree, relative to the leaf's largest value, or to a hundredth of the tree's where a
 * leaf is next to nothing.
 */
const worst = (
  tree: object,
  fixture: Fixture,
  kind: string,
  before?: object,
): { readonly path: string; readonly error: number } => {
  const leaves = flatten(tree)
  expect(leaves.map(({ path }) => `${kind}/${path}`).sort()).toEqual(
    fixture.names.filter((name) => name.startsWith(`${kind}/`)).sort(),
  )
  const first = new Map(
    (before === undefined ? [] : flatten(before)).map(({ path, leaf }) => [
      path,
      sampled(leaf.dataSync() as Float32Array),
    ]),
  )
  const moved = (values: Float32Array, path: string): Float32Array => {
    const from = first.get(path)
    return from === undefined ? values : values.map((value, i) => value - from[i]!)
  }
  const pairs = leaves.map(
    ({ path, leaf }) =>
      [
        path,
        moved(sampled(leaf.dataSync() as Float32Array), path),
        moved(fixture.values(`${kind}/${path}`), path),
      ] as const,
  )
  const largest = (values: Float32Array): number => values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const floor = 1e-2 * Math.max(...pairs.map(([, , expected]) => largest(expected)))
  const errors = pairs.map(([path, actual, expected]) => {
    expect(actual.length, path).toBe(expected.length)
    return { path, error: largest(actual.map((value, i) => value - expected[i]!)) / Math.max(largest(expected), floor) }
  })
  // `>=` is false for NaN, so a NaN anywhere is the worst.
  return errors.reduce((a, b) => (a.error >= b.error ? a : b))
}

type Learning = {
  readonly net: Layer<object, object>
  readonly x: tf.Tensor
  readonly labels: tf.Tensor
  readonly learningRate: number
}
type Run = Variables & {
  readonly optimiser: OptimiserState
  readonly step: number
  readonly loss: tf.Tensor
  readonly gradients: object
}

const optimiser = sgd({ momentum: 0.9, nesterov: true })

const startOf = ({ params, state }: Variables): Run => ({
  params,
  state,
  optimiser: optimiser.init(params),
  step: 0,
  loss: tf.scalar(0),
  gradients: {},
})

const stepOf =
  ({ net, x, labels, learningRate }: Learning) =>
  (run: Run): Run => {
    const { loss, gradients, aux } = valueAndGradient((p: object) => {
      const { y, seen } = net.train(p, x, key(0))
      return { loss: crossEntropy()(y, labels), aux: seen }
    })(run.params)
    const updated = optimiser.update(gradients, run.optimiser, run.params, { step: run.step, learningRate })
    return {
      params: updated.params,
      state: absorb(0.9)(run.state, aux),
      optimiser: updated.state,
      step: run.step + 1,
      loss,
      gradients,
    }
  }

const labelsOf = (batch: number): tf.Tensor =>
  tf.tensor1d(
    Array.from({ length: batch }, (_, i) => (3 * i + 1) % 10),
    'int32',
  )

const problem = (name: string): Learning & { readonly fixture: Fixture; readonly first: () => Variables } => {
  const net = untyped(nets[name]!) as Layer<object, object>
  const fixture = read(name)
  const { seed, input, learningRate } = fixture.header
  const plan = net.plan(input.slice(1))
  const first = (): Variables => ({
    params: firstValues(plan.params, seed, 0),
    state: firstValues(plan.state, seed, 500),
  })
  const x = tf.tensor(uniform([seed, 1000], sizeOf(input), { low: -1, high: 1 }), input)
  return { net, fixture, first, x, labels: labelsOf(input[0]), learningRate }
}

describeBackends('training', () => {
  it.each(Object.keys(nets))(
    '%s has the losses, gradients, parameters and running statistics of PyTorch over three steps of Nesterov’s SGD',
    (name) => {
      const { fixture, first, ...learning } = problem(name)
      const { net, x } = learning
      const losses: number[] = []
      let run = startOf(first())
      let gradients = { path: '', error: Infinity }
      for (let i = 0; i < 3; i++) {
        run = advance(run, stepOf(learning))
        losses.push(run.loss.dataSync()[0]!)
        if (i === 0) gradients = worst(run.gradients, fixture, 'gradients')
      }
      const params = worst(run.params, fixture, 'params')
      const moved = worst(run.params, fixture, 'params', first().params)
      const state = worst(run.state, fixture, 'state')
      const logits = worst(
        { logits: net.apply(run.params, x, run.state) },
        { ...fixture, names: ['eval/logits'], values: () => fixture.values('logits') },
        'eval',
      )
      losses.forEach((loss, i) =>
        expect(Math.abs(loss / fixture.values('losses')[i]! - 1), `loss of step ${i}`).toBeLessThan(1e-5),
      )
      expect(gradients.error, `gradient of ${gradients.path}`).toBeLessThan(1e-4)
      expect(params.error, params.path).toBeLessThan(1e-5)
      expect(moved.error, `the change of ${moved.path}`).toBeLessThan(1e-4)
      expect(state.error, state.path).toBeLessThan(1e-5)
      expect(logits.error, 'evaluated logits').toBeLessThan(1e-5)
    },
    120_000,
  )

  it('holds as many tensors after each step as before it', () => {
    const net = untyped(cifarResnet({ depth: 8, classes: 10, shortcuts: optionB })) as Layer<object, object>
    const step = stepOf({
      net,
      x: tf.tensor(uniform(key(1), 64), [4, 4, 4, 1]),
      labels: labelsOf(4),
      learningRate: 0.1,
    })
    let run = startOf(init(net, key(2), [4, 4, 1]))
    expectNoLeak(() => {
      run = advance(run, step)
    })
  })
})
