import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { bitsOf, describeBackends, draw, expectNoLeak } from '@resfn/test-utils'
import { advance, dispose, flatten } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import {
  adam,
  adamW,
  exceptVectors,
  type Optimiser,
  type OptimiserState,
  ratesByPath,
  sgd,
  weightDecay,
} from './index.ts'

type Params = { readonly conv1: object; readonly layer1: readonly object[]; readonly fc: object }
const tree = (seed: number): Params => ({
  conv1: { weight: draw(seed, 2, 3) },
  layer1: [{ bias: draw(seed + 1, 3) }, { weight: draw(seed + 2, 3, 2) }],
  fc: { weight: draw(seed + 3, 2, 2), bias: draw(seed + 4, 2) },
})

type Moment = { readonly params: Params; readonly state: OptimiserState; readonly step: number }

/** Some steps with gradients that are the same for the same step. */
const after = ({ init, update }: Optimiser, steps: number, rate: (path: string) => number = () => 0.1): Moment => {
  let now: Moment = { params: tree(1), state: init(tree(1)), step: 0 }
  for (let i = 0; i < steps; i++)
    now = { ...update(tree(10 * i + 20), now.state, now.params, { step: i, learningRate: rate('') }), step: i + 1 }
  return now
}

const optimisers: { readonly [name: string]: Optimiser } = {
  sgd: sgd(),
  momentum: weightDecay({ decay: 0.05 })(sgd({ momentum: 0.9, nesterov: true })),
  adam: adam(),
  adamW: adamW({ decay: 0.1, mask: exceptVectors }),
}

const leavesOf = (moment: unknown): { readonly [path: string]: Int32Array } =>
  Object.fromEntries(
    flatten<tf.Tensor>(moment).flatMap(({ path, leaf }) => (leaf instanceof tf.Tensor ? [[path, bitsOf(leaf)]] : [])),
  )

describeBackends('ratesByPath', () => {
  it.each(Object.keys(optimisers))('is %s at the rate of each path, to the bit', (name) => {
    fc.assert(
      fc.property(fc.constantFrom(0, 0.25, 0.5, 2), fc.constantFrom(0.25, 0.5, 1), (body, stem) =>
        tf.tidy(() => {
          const inner = optimisers[name]!
          const rated = leavesOf(after(ratesByPath({ layer1: body, stem })(inner), 3))
          for (const [factor, own] of [
            [body, /(^|\.)layer1\./],
            [stem, /(^|\.)conv1\./],
            [1, /(^|\.)fc\./],
          ] as const) {
            const alone = leavesOf(after(inner, 3, () => 0.1 * factor))
            for (const path of Object.keys(alone).filter((at) => own.test(at)))
              expect(rated[path], path).toEqual(alone[path])
          }
        }),
      ),
      { numRuns: 4 },
    )
  })

  it('keeps the structure of parameters and state, and leaves no tensor', () => {
    const optimiser = ratesByPath({ 'layer1.*.weight, fc': 0.1 })(adam())
    let run: Moment = { params: tree(1), state: {}, step: 0 }
    run = { ...run, state: optimiser.init(run.params) }
    const paths = (of: unknown): readonly string[] => flatten(of).map(({ path }) => path)
    const before = paths(run)
    const gradients = tree(3)
    expectNoLeak(() => {
      run = advance(run, ({ params, state, step }) => ({
        ...optimiser.update(gradients, state, params, { step, learningRate: 0.1 }),
        step: step + 1,
      }))
    })
    expect(paths(run)).toEqual(before)
    dispose([run, gradients])
  })
})

describe('wrong use', () => {
  it('names the factor and the pattern', () => {
    expect(() => ratesByPath({ fc: -1 })).toThrow('ratesByPath: fc must be a finite number of at least 0, not -1')
    expect(() => ratesByPath({ layer2: 1 })(sgd()).init(tree(1))).toThrow(
      'layer2: nothing has such a path; did you mean layer1',
    )
  })
})
