import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { advance, flatten, map, StructureError } from '@resfn/tree'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  adam,
  adamW,
  clipByGlobalNorm,
  decoupledWeightDecay,
  exceptVectors,
  globalNorm,
  lamb,
  leafwise,
  type Optimiser,
  OptimiserError,
  type OptimiserState,
  sgd,
  weightDecay,
} from './index.ts'

type Values = { readonly weight: number[]; readonly bias: number[] }
const fixture = JSON.parse(readFileSync(new URL('./fixtures/optimisers.json', import.meta.url), 'utf8')) as {
  readonly start: Values
  readonly gradients: readonly Values[]
  readonly rates: readonly number[]
  readonly cases: { readonly [name: string]: readonly Values[] }
}

type Params = { readonly weight: tf.Tensor; readonly bias: tf.Tensor }
const tree = ({ weight, bias }: Values): Params => ({ weight: tf.tensor2d(weight, [2, 3]), bias: tf.tensor1d(bias) })

const optimisers: { readonly [name: string]: Optimiser } = {
  sgd: sgd(),
  'sgd with momentum': sgd({ momentum: 0.9 }),
  "sgd with Nesterov's momentum and weight decay": weightDecay({ decay: 0.05 })(sgd({ momentum: 0.9, nesterov: true })),
  'sgd with weight decay on the matrix alone': weightDecay({ decay: 0.05, mask: exceptVectors })(
    sgd({ momentum: 0.9 }),
  ),
  adam: adam(),
  'adam with other betas, epsilon and a penalty': weightDecay({ decay: 0.05 })(
    adam({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
  ),
  adamW: adamW({ decay: 0.1 }),
  lamb: lamb(),
  'lamb of all leaves, with other betas and a larger norm': lamb({
    beta1: 0.8,
    beta2: 0.95,
    epsilon: 1e-3,
    decay: 0.1,
    mask: () => true,
    clip: 3,
  }),
  'sgd with clipped gradients': clipByGlobalNorm(1.5)(sgd({ momentum: 0.9 })),
}

type Run = { readonly params: Params; readonly state: OptimiserState; readonly step: number }

const stepOf =
  ({ update }: Optimiser) =>
  ({ params, state, step }: Run): Run => ({
    ...update(tree(fixture.gradients[step % fixture.gradients.length]!), state, params, {
      step,
      learningRate: fixture.rates[step % fixture.rates.length]!,
    }),
    step: step + 1,
  })

describeBackends('optimisers', () => {
  it('are compared for every case of the fixture', () => {
    expect(Object.keys(optimisers)).toEqual(Object.keys(fixture.cases))
  })

  it.each(Object.keys(optimisers))('%s moves the parameters as PyTorch does, step by step', (name) => {
    const optimiser = optimisers[name]!
    const params = tree(fixture.start)
    let run: Run = { params, state: optimiser.init(params), step: 0 }
    for (const expected of fixture.cases[name]!) {
      run = stepOf(optimiser)(run)
      expectClose(run.params.weight, expected.weight)
      expectClose(run.params.bias, expected.bias)
    }
  })

  it.each(Object.keys(optimisers))('%s leaves no tensors behind and keeps its state the shape it was', (name) => {
    const optimiser = optimisers[name]!
    const params = tree(fixture.start)
    const state = optimiser.init(params)
    const shapes = (of: OptimiserState): unknown => flatten<tf.Tensor>(of).map(({ path, leaf }) => [path, leaf.shape])
    const before = shapes(state)
    let run: Run = { params, state, step: 0 }
    expectNoLeak(() => {
      run = advance(run, stepOf(optimiser))
    })
    expect(shapes(run.state)).toEqual(before)
  })

  it('do not change what they are given', () => {
    const params = tree(fixture.start)
    const optimiser = adamW()
    const state = optimiser.init(params)
    optimiser.update(tree(fixture.gradients[0]!), state, params, { step: 0, learningRate: 0.1 })
    expectClose(params.weight, fixture.start.weight, 0)
    expect(
      flatten(state)
        .flatMap(({ leaf }) => [...leaf.dataSync()])
        .every((value) => value === 0),
    ).toBe(true)
  })

  it('stand still at learning rate 0', () => {
    const params = tree(fixture.start)
    for (const optimiser of Object.values(optimisers)) {
      const next = optimiser.update(tree(fixture.gradients[0]!), optimiser.init(params), params, {
        step: 0,
        learningRate: 0,
      })
      expectClose(next.params.weight, fixture.start.weight, 0)
    }
  })

  it('plain sgd is linear in the learning rate', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(0.001), max: 1, noNaN: true }), (learningRate) => {
        const [params, gradients] = [tree(fixture.start), tree(fixture.gradients[0]!)]
        const { params: next } = sgd().update(gradients, {}, params, { step: 0, learningRate })
        expectClose(
          next.weight,
          fixture.start.weight.map((w, i) => w - learningRate * fixture.gradients[0]!.weight[i]!),
        )
      }),
      { numRuns: 20 },
    )
  })

  it("adam's first step is the learning rate against the sign of the gradient", () => {
    const params = { w: tf.tensor1d([1, 1, 1]) }
    const { params: next } = adam().update({ w: tf.tensor1d([1e-3, -5, 2e4]) }, adam().init(params), params, {
      step: 0,
      learningRate: 0.1,
    })
    expectClose(next.w, [0.9, 1.1, 0.9])
  })

  it('clipping leaves small gradients alone and gives large ones the norm of the limit', () => {
    const seen = (gradient: number[]): number => {
      const { params } = clipByGlobalNorm(1)(sgd()).update(
        { a: tf.tensor1d(gradient), b: tf.zeros([2, 2]) },
        {},
        { a: tf.zeros([2]), b: tf.zeros([2, 2]) },
        { step: 0, learningRate: 1 },
      )
      return globalNorm(params).dataSync()[0]!
    }
    expect(seen([0.3, 0.4])).toBeCloseTo(0.5, 6)
    expect(seen([3000, 4000])).toBeCloseTo(1, 5)
    expect(seen([0, 0])).toBe(0)
  })

  it('give decay to the leaves that the mask chooses by their path', () => {
    const params = { layer1: [{ weight: tf.ones([1, 1]) }], head: { weight: tf.ones([1, 1]) } }
    const still = map(params, (leaf: tf.Tensor) => tf.zerosLike(leaf))
    const mask = (_: tf.Tensor, path: string): boolean => path.startsWith('layer1.0')
    for (const decay of [weightDecay, decoupledWeightDecay]) {
      const { params: next } = decay({ decay: 0.5, mask })(sgd()).update(still, {}, params, {
        step: 0,
        learningRate: 0.5,
      })
      expect([next.layer1[0]!.weight, next.head.weight].map((leaf) => leaf.dataSync()[0])).toEqual([0.75, 1])
    }
  })

  it("refuse another optimiser's state and gradients of another tree, by name", () => {
    const params = tree(fixture.start)
    const at = { step: 0, learningRate: 0.1 }
    expect(() => adam().update(params, sgd({ momentum: 0.9 }).init(params), params, at)).toThrow(OptimiserError)
    expect(() => adam().update(params, sgd({ momentum: 0.9 }).init(params), params, at)).toThrow(
      'has no mean, only velocity',
    )
    expect(() => sgd().update({ weight: params.weight } as Params, {}, params, at)).toThrow(StructureError)
    expect(() => sgd().update({ weight: params.weight } as Params, {}, params, at)).toThrow('bias')
  })
})

describe('optimisers', () => {
  it.each([
    ['sgd: momentum must be a number from 0 to below 1, not 1', () => sgd({ momentum: 1 })],
    ['sgd: Nesterov needs a momentum', () => sgd({ nesterov: true })],
    ['adam: beta2 must be a number from 0 to below 1, not 1', () => adam({ beta2: 1 })],
    ['adam: epsilon must be a number above 0, not 0', () => adam({ epsilon: 0 })],
    ['weightDecay: decay must be a finite number of at least 0, not -1', () => weightDecay({ decay: -1 })],
    [
      'decoupledWeightDecay: decay must be a finite number of at least 0, not NaN',
      () => decoupledWeightDecay({ decay: Number.NaN }),
    ],
    ['clipByGlobalNorm: limit must be a number above 0, not 0', () => clipByGlobalNorm(0)],
    ["sgd: momentum must be a number from 0 to below 1, not '0.9'", () => sgd({ momentum: '0.9' } as never)],
    ['sgd: there is no option momentun; did you mean momentum?', () => sgd({ momentun: 0.9 } as never)],
    ['sgd: the options must be a record of momentum, nesterov, not 0.9', () => sgd(0.9 as never)],
    ['adamW: there is no option weightDecay; use', () => adamW({ weightDecay: 0.1 } as never)],
    ['adamW: decay must be a finite number of at least 0, not -1', () => adamW({ decay: -1 })],
    ['weightDecay: the options must be a record of decay, mask, not 0.1', () => weightDecay(0.1 as never)],
    ['weightDecay: mask must be a function', () => weightDecay({ decay: 0.1, mask: ['bias'] } as never)],
  ])('refuse senseless settings: %s', (message, make) => {
    expect(make).toThrow(message)
  })

  it('remember nothing without slots', () => {
    expect(sgd().init({ w: 1 })).toEqual({})
    expect(leafwise([], (p, _, slots) => [p, slots]).init({ w: 1 })).toEqual({})
  })
})
