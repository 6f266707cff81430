import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import { describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { composedForm, type Contracted, type Contracts, definePrimitive } from './index.ts'

/** The product and the quotient of two tensors, from operations that have no gradients of their own here. */
const calls: string[] = []
const both = definePrimitive({
  name: 'TestProductQuotient',
  composed: ({ a, b }: { readonly a: Tensor; readonly b: Tensor }, { scale }: { readonly scale: number }) => {
    calls.push('composed')
    const product = tf.mul(tf.mul(a, b), scale)
    return [product, tf.div(a, b)]
  },
  saves: { inputs: ['b'], outputs: [1] },
  gradient: ([dp, dq], { inputs: { b }, outputs: [quotient] }, { scale }) => {
    calls.push('gradient')
    return {
      a: tf.add(tf.mul(dp, tf.mul(b, scale)), tf.div(dq, b)),
      // a = quotient b
      b: tf.sub(tf.mul(dp, tf.mul(tf.mul(quotient, b), scale)), tf.mul(dq, tf.div(quotient, b))),
    }
  },
})

const values = () => ({ a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([2, 4, 5]) })

/** The gradients of a scalar by the engine, so that this package needs no other. */
const gradients = (
  f: (a: Tensor, b: Tensor) => Tensor,
  { a, b }: { readonly a: Tensor; readonly b: Tensor },
): readonly Tensor[] => tf.engine().gradients(() => f(a, b), [a, b]).grads

/** A sum whose gradient is ones, also without the gradients of tfjs. */
const total = tf.customGrad((x) => ({ value: tf.sum(x as Tensor), gradFunc: () => tf.ones((x as Tensor).shape) }))

describeBackends('a primitive without a kernel of the backend', () => {
  it('gives its composed form by name, once it has run', () => {
    expect(composedForm('TestNever')).toBeUndefined()
    both(values(), { scale: 10 })
    const [product] = composedForm('TestProductQuotient')!(values(), { scale: 10 })
    expectClose(product!, [20, 80, 150])
  })

  it('computes its composed form, with several outputs', () => {
    const [product, quotient] = both(values(), { scale: 10 })
    expectClose(product, [20, 80, 150])
    expectClose(quotient, [0.5, 0.5, 0.6])
  })

  it('has the gradient it declares, from the saved inputs and outputs', () => {
    const at = values()
    const [da, db] = gradients((a, b) => total(both({ a, b }, { scale: 10 })[0]), at)
    expectClose(da!, [20, 40, 50])
    expectClose(db!, [10, 20, 30])
    const [qa, qb] = gradients((a, b) => total(both({ a, b }, { scale: 10 })[1]), at)
    expectClose(qa!, [1 / 2, 1 / 4, 1 / 5])
    expectClose(qb!, [-1 / 4, -2 / 16, -3 / 25])
  })

  it('computes all its gradients in one call, and none without a derivative', () => {
    const at = values()
    calls.length = 0
    both(at, { scale: 1 })
    expect(calls).toEqual(['composed'])
    gradients((a, b) => total(both({ a, b }, { scale: 1 })[0]), at)
    expect(calls).toEqual(['composed', 'composed', 'gradient'])
  })

  it('leaks nothing, evaluated or differentiated', () => {
    const at = values()
    expectNoLeak(() => both(at, { scale: 2 }).forEach((output) => output.dispose()))
    expectNoLeak(() => tf.tidy(() => void gradients((a, b) => total(both({ a, b }, { scale: 2 })[0]), at)))
  })

  it('leaves nothing but its outputs', () => {
    const at = values()
    const before = tf.memory().numTensors
    const outputs = both(at, { scale: 2 })
    expect(tf.memory().numTensors).toBe(before + 2)
    outputs.forEach((output) => output.dispose())
  })
})

describe('a primitive', () => {
  it('runs the kernel of the backend when there is one, with the same gradient, and the composed form again without it', async () => {
    await tf.setBackend('cpu')
    let ran = 0
    tf.unregisterKernel('TestProductQuotient', 'cpu')
    tf.registerKernel({
      kernelName: 'TestProductQuotient',
      backendName: 'cpu',
      kernelFunc: ({ inputs, attrs }) => {
        ran++
        const [a, b] = ['a', 'b'].map((name) => (inputs[name] as Tensor).dataSync())
        const values = [a!.map((x, i) => x * b![i]! * (attrs!['scale'] as number)), a!.map((x, i) => x / b![i]!)]
        return values.map((value) => tf.tensor1d(value))
      },
    })
    const at = values()
    calls.length = 0
    expectClose(both(at, { scale: 10 })[0], [20, 80, 150])
    const [da] = gradients((a, b) => total(both({ a, b }, { scale: 10 })[0]), at)
    expectClose(da!, [20, 40, 50])
    expect(ran).toBe(2)
    expect(calls).toEqual(['gradient'])
    tf.unregisterKernel('TestProductQuotient', 'cpu')
    expectClose(both(at, { scale: 10 })[0], [20, 80, 150])
    expect(calls).toEqual(['gradient', 'composed'])
  })

  it('registers nothing before its first call', async () => {
    await tf.setBackend('cpu')
    const late = definePrimitive({
      name: 'TestLate',
      composed: ({ x }: { readonly x: Tensor }) => [tf.neg(x)],
      saves: { inputs: [], outputs: [] },
      gradient: ([dy]) => ({ x: tf.neg(dy) }),
    })
    expect(tf.getKernel('TestLate', 'cpu')).toBeUndefined()
    expect(tf.getGradient('TestLate')).toBeUndefined()
    late({ x: tf.scalar(1) }, {})
    expect(tf.getKernel('TestLate', 'cpu')).toBeDefined()
    expect(tf.getGradient('TestLate')).toBeDefined()
  })

  it('gives the gradient the outputs in the order in which it asks for them', () => {
    const seen: number[] = []
    const three = definePrimitive({
      name: 'TestThree',
      composed: ({ x }: { readonly x: Tensor }) => [tf.add(x, 1), tf.add(x, 2), tf.add(x, 3)],
      saves: { inputs: ['x'], outputs: [2, 0] },
      gradient: ([dy], { inputs: { x }, outputs }) => {
        seen.push(...[x, ...outputs].map((tensor) => tensor.dataSync()[0]!))
        return { x: tf.clone(dy) }
      },
    })
    tf.engine().gradients(() => {
      const [first] = three({ x }, {})
      return total(first!)
    }, [x])
    expect(seen).toEqual([10, 13, 11])
  })
  const x = tf.tensor1d([10])

  it('may hand on an input as an output', () => {
    const pass = definePrimitive({
      name: 'TestPass',
      composed: ({ x }: { readonly x: Tensor }) => [x],
      saves: { inputs: [], outputs: [] },
      gradient: ([dy]) => ({ x: tf.mul(dy, 3) }),
    })
    const [y] = pass({ x }, {})
    expect(y).not.toBe(x)
    y.dispose()
    expectClose(x, [10])
    expectClose(tf.engine().gradients(() => total(pass({ x }, {})[0]), [x]).grads[0]!, [3])
  })

  it('has the types of its inputs and settings', () => {
    expectTypeOf(both).parameters.toEqualTypeOf<
      [{ readonly a: Tensor; readonly b: Tensor }, { readonly scale: number }]
    >()
    expectTypeOf(both).returns.toEqualTypeOf<[Tensor, Tensor]>()
  })

  it('keeps to the contract that backends register kernels under', () => {
    const reluGrad: Contracted<'ReluGrad'> = definePrimitive({
      name: 'ReluGrad',
      composed: ({ dy, y }) => [tf.mul(dy, tf.step(y))],
      saves: { inputs: ['y'], outputs: [] },
      gradient: ([ddx], { inputs: { y } }) => ({ dy: tf.mul(ddx, tf.step(y)) }),
    })
    expectTypeOf(reluGrad).parameters.toEqualTypeOf<
      [{ readonly dy: Tensor; readonly y: Tensor }, { readonly [name in never]: never }]
    >()
    expectTypeOf<Contracts<TensorInfo>['BatchNormTrain']['outputs']>().toEqualTypeOf<
      readonly [y: TensorInfo, mean: TensorInfo, variance: TensorInfo]
    >()
    // @ts-expect-error: BatchNormTrain has three outputs
    const short: Contracted<'BatchNormTrain'> = definePrimitive({
      name: 'TestShort',
      composed: ({ x }: { readonly x: Tensor; readonly weight: Tensor; readonly bias: Tensor }) => [x],
      saves: { inputs: [], outputs: [] },
      gradient: () => ({}),
    })
    void short
  })
})
