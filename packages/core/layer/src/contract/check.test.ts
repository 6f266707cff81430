import * as tf from '@tensorflow/tfjs-core'
import { describeBackends } from '@resfn/test-utils'
import { describe, expect, it } from 'vitest'
import {
  checkBatch,
  checkSample,
  checkTensor,
  checkVariables,
  InputError,
  lift,
  op,
  PathError,
  repeat,
  sequential,
  ShapeError,
  slide,
  Spec,
  VariablesError,
  zeros,
} from '../index.ts'

/** The error of a function that must throw. */
const errorOf = (f: () => unknown): PathError => {
  try {
    f()
  } catch (error) {
    if (error instanceof PathError) return error
    throw error
  }
  throw new Error('it did not throw')
}

describeBackends(
  'the checks of inputs',
  () => {
    it('take every layout that the op takes', () => {
      checkSample('op', [3], ['features', 'image'])
      checkSample('op', [4, 4, 3], ['features', 'image'])
      checkBatch('op', tf.ones([2, 3]), ['features', 'image'])
      checkBatch('op', tf.ones([0, 4, 4, 3]), ['image'])
      checkTensor('op', tf.scalar(1, 'bool'))
    })

    it('say what the op takes, and add a hint where the batch axis is not the fault', () => {
      expect(errorOf(() => checkSample('op', [4, 4], ['features', 'image'], 'reshape it'))).toEqual(
        new ShapeError('', 'op takes [features] or [height,width,channels], but the input is [4,4]; reshape it'),
      )
      expect(errorOf(() => checkBatch('op', tf.ones([1, 1, 1]), ['features'], 'flatten it'))).toEqual(
        new ShapeError('', 'op takes [batch,features], but the input is [1,1,1]; flatten it'),
      )
      expect(errorOf(() => checkBatch('op', tf.ones([3]), ['features'], 'flatten it')).reason).toBe(
        'op takes [batch,features], but the input is [3]; add the batch axis with tf.expandDims(x, 0)',
      )
    })

    it('name what is not a live float32 tensor', () => {
      const error = errorOf(() => checkBatch('op', tf.ones([1, 1], 'int32'), ['features']))
      expect(error).toBeInstanceOf(InputError)
      expect(error._tag).toBe('InputError')
      expect(errorOf(() => checkTensor('op', undefined as never)).reason).toBe('op takes a tensor, not undefined')
      expect(errorOf(() => checkTensor('op', new Float32Array(1) as never)).reason).toBe(
        'op takes a tensor, not a Float32Array',
      )
    })
  },
  ['cpu'],
)

describeBackends(
  'the checks of variables',
  () => {
    it('take trees with the right leaves; a word stands for any size', () => {
      checkVariables('op', { weight: tf.ones([2, 3]) }, { weight: ['in', 3] })
      checkVariables('op', { weight: tf.ones([2]), bias: undefined }, { weight: [2] })
      checkVariables('op', {}, {})
    })

    it('name the tree, and the leaf as path', () => {
      const error = errorOf(() => checkVariables('op', { weight: tf.ones([2]) }, { weight: [2], bias: [2] }, 'state'))
      expect(error).toEqual(
        new VariablesError(
          'bias',
          'op needs a tensor [2] in its state, but there is none; pass the state that init made for this net',
        ),
      )
      expect(errorOf(() => checkVariables('op', { weight: [1] }, { weight: [1] })).reason).toContain('but this is [1]')
      expect(errorOf(() => checkVariables('op', null, { weight: [1] })).reason).toContain(
        'needs its parameters, weight, not null',
      )
    })
  },
  ['cpu'],
)

describeBackends(
  'a combinator',
  () => {
    it('leaves a tree that was forgotten to its parts, which name it', () => {
      const needy = op<{ readonly weight: tf.Tensor }>(
        (input) => ({ kind: 'needy', params: { weight: new Spec(input, zeros) } }),
        (params, x) => {
          checkVariables('needy', params, { weight: [1] })
          return x
        },
      )
      for (const net of [sequential({ a: sequential({ '0b': needy }) }), repeat([repeat([needy])])])
        for (const forgotten of [undefined, null, {}])
          expect(errorOf(() => net.apply(forgotten as never, tf.ones([1]), {} as never)).path).toMatch(
            /^(a.0b|0.0).weight$/,
          )
    })

    it('puts the path before what its parts say when they run', () => {
      const wrong = lift((x) => {
        checkBatch('op', x, ['image'])
        return x
      })
      const net = sequential({ layer1: repeat([lift((x) => x), sequential({ conv: wrong })]) })
      for (const run of [
        () => net.apply({ layer1: [{}, {}] }, tf.ones([1]), { layer1: [{}, {}] }),
        () => net.train({ layer1: [{}, {}] }, tf.ones([1]), [0, 0]),
      ]) {
        const error = errorOf(run)
        expect(error).toBeInstanceOf(ShapeError)
        expect(error.path).toBe('layer1.1.conv')
      }
    })
  },
  ['cpu'],
)

describe('slide', () => {
  it('counts the places of a window, or says that it does not fit', () => {
    expect(slide('filter', [28, 27, 1], { size: 3, stride: 2, padding: 1 })).toEqual([14, 14])
    expect(slide('filter', [9, 8, 1], { size: 3, stride: 2, padding: 2, dilation: 2 })).toEqual([5, 4])
    expect(() => slide('filter', [4, 9, 1], { size: 3, stride: 1, padding: 0, dilation: 2 })).toThrow(
      'the 3x3 filter with dilation 2, 5x5, is larger than the input [4,9,1] with padding 0; use a smaller filter or more padding',
    )
    expect(() => slide('window', [2, 9, 1], { size: 3, stride: 1, padding: 0 })).toThrow(
      new ShapeError(
        '',
        'the 3x3 window is larger than the input [2,9,1] with padding 0; use a smaller window or more padding',
      ),
    )
  })
})
