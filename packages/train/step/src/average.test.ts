import { key } from '@resfn/random'
import { describeBackends, expectNoLeak } from '@resfn/test-utils'
import { inOrder, input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { advance, dispose, flatten } from '@resfn/tree'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { checkRun, startRun, takeStep, weightsOf } from './index.ts'

const start = (): TinyRun => startRun(net, { optimiser, key: key(1), input })
const batches = inOrder(4)
const decay = 0.9

/** Steps over the batches. */
const after = (steps: number, averageDecay?: number): TinyRun => {
  const step = takeStep(training(averageDecay === undefined ? {} : { averageDecay }))
  let run = start()
  for (let i = 0; i < steps; i++)
    run = advance(run, () => ({ ...run, ...step(run, batches[i % batches.length]!).learned }))
  return run
}

describeBackends('a moving average', () => {
  it("is that of timm's ModelEmaV2: of parameters and buffers, after each step", () => {
    const step = takeStep(training({ averageDecay: decay }))
    let run = start()
    const expected = new Map(Object.entries(valuesOf(weightsOf(run))).map(([path, values]) => [path, [...values]]))
    for (let i = 0; i < 4; i++) {
      run = advance(run, () => ({ ...run, ...step(run, batches[i % batches.length]!).learned }))
      for (const [path, values] of Object.entries(valuesOf({ params: run.params, state: run.state })))
        expected.set(
          path,
          expected.get(path)!.map((value, at) => decay * value + (1 - decay) * values[at]!),
        )
    }
    expect([...expected.keys()].filter((path) => path.startsWith('state.'))).not.toEqual([])
    for (const [path, values] of Object.entries(valuesOf(weightsOf(run))))
      values.forEach((value, at) => expect(value).toBeCloseTo(expected.get(path)![at]!, 5))
    expect(weightsOf(run)).toBe(run.average)
    expect(checkRun(net, run, input)).toBe(3)
    dispose(run)
  })

  it('changes nothing of the training', () => {
    const [plain, averaged] = [after(3), after(3, decay)]
    const learned = ({ params, state, optimiser: memory }: TinyRun): unknown => valuesOf({ params, state, memory })
    expect(learned(averaged)).toEqual(learned(plain))
    expect(plain.average).toBeUndefined()
    expect(weightsOf(plain).params).toBe(plain.params)
    dispose([plain, averaged])
  })

  it('leaves no tensor from the second step on, and is freed where a run goes on without one', () => {
    const step = takeStep(training({ averageDecay: decay }))
    let run = after(1, decay)
    const next = (using: typeof step): void => {
      run = advance(run, () => ({ ...run, ...using(run, batches[0]!).learned }))
    }
    expectNoLeak(() => next(step))
    const held = flatten<tf.Tensor>(run.average).length
    const before = tf.memory().numTensors
    next(takeStep(training()))
    expect(run.average).toBeUndefined()
    expect(tf.memory().numTensors).toBe(before - held)
    dispose(run)
  })
})

describe('checkRun', () => {
  it('names a tensor of the average that is of another net', () => {
    const run = after(1, decay)
    const { params, state } = weightsOf(run)
    const odd = { ...run, average: { params: { ...params, more: tf.scalar(1) }, state } }
    expect(() => checkRun(net, odd, input)).toThrow('average.params.more: the net has no such tensor')
    dispose(odd)
  })
})
