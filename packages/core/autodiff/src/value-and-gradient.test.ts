import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { checkGradients, describeBackends, expectClose, expectNoLeak } from '@resfn/test-utils'
import { dispose } from '@resfn/tree'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Differentiated,
  MissingGradientError,
  pullback,
  registerGradients,
  UnconnectedError,
  valueAndGradient,
} from './index.ts'

type Params = { readonly w: Tensor; readonly b: Tensor }

const params = (): Params => ({
  w: tf.tensor2d([
    [1, -2],
    [3, 0.5],
  ]),
  b: tf.tensor1d([0.1, -0.3]),
})

/** tanh(w x + b) squared and summed, with the inner value on the side. */
const objective = ({ w, b }: Params) => {
  const hidden = tf.tanh(tf.add(tf.matMul(tf.tensor2d([[0.2, 0.7]]), w), b))
  return { loss: tf.sum(tf.square(hidden)), aux: { hidden, name: 'hidden', list: [tf.neg(hidden), 3] as const } }
}

describeBackends('valueAndGradient', () => {
  it('gives the loss, the gradient at every leaf and the aux', () => {
    const p = params()
    const { loss, gradients, aux } = valueAndGradient(objective)(p)
    const direct = objective(p)
    expectClose(loss, direct.loss)
    expectClose(aux.hidden, direct.aux.hidden)
    expectClose(aux.list[0], direct.aux.list[0])
    expect(aux.name).toBe('hidden')
    expect(aux.list[1]).toBe(3)
    checkGradients((at: Params) => objective(at).loss, p, gradients)
  })

  it('tells of each gradient as soon as it is whole, last layers first', () => {
    const p = { first: tf.tensor1d([2]), second: tf.tensor1d([3]), both: tf.tensor1d([5]) }
    const told: { readonly path: string; readonly gradient: Tensor; readonly value: Tensor }[] = []
    const { loss, gradients } = valueAndGradient(
      ({ first, second, both }: typeof p) => ({
        loss: tf.sum(tf.mul(both, tf.mul(second, tf.mul(both, first)))),
        aux: {},
      }),
      // What a gradient is when it is told.
      { onGradient: (path, gradient) => told.push({ path, gradient, value: tf.keep(tf.add(gradient, 0)) }) },
    )(p)
    expect(told[0]?.path).toBe('second')
    expect(told.map(({ path }) => path).toSorted()).toEqual(['both', 'first', 'second'])
    for (const { path, gradient, value } of told) {
      expect(gradient).toBe(gradients[path as keyof typeof p])
      expectClose(value, gradient)
    }
    expectClose(gradients.both, [60])
    dispose([p, loss, gradients, told.map(({ value }) => value)])
  })

  it('leaves nothing alive but its results', () => {
    const p = params()
    const step = valueAndGradient(objective)
    dispose(step(p))
    const before = tf.memory().numTensors
    const result = step(p)
    // loss, two gradients, two tensors of aux
    expect(tf.memory().numTensors).toBe(before + 5)
    dispose(result)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('gives its results to a surrounding tidy', () => {
    const p = params()
    expectNoLeak(() => tf.tidy(() => void valueAndGradient(objective)(p)))
  })

  it('counts every use of a leaf', () => {
    const { gradients } = valueAndGradient(({ x }: { x: Tensor }) => ({
      loss: tf.add(tf.mul(x, x), tf.mul(3, x)),
      aux: {},
    }))({ x: tf.scalar(5) })
    expectClose(gradients.x, [13])
  })

  it('gives each place of a shared tensor its own gradient', () => {
    const shared = tf.tensor1d([2, 3])
    const f = valueAndGradient(({ a, rest }: { a: Tensor; rest: readonly Tensor[] }) => ({
      loss: tf.sum(tf.add(tf.mul(5, a), tf.square(rest[0]!))),
      aux: {},
    }))
    const { gradients } = f({ a: shared, rest: [shared] })
    expectClose(gradients.a, [5, 5])
    expectClose(gradients.rest[0]!, [4, 6])
    expectNoLeak(() => dispose(f({ a: shared, rest: [shared] })))
    expect(shared.isDisposed).toBe(false)
  })

  it('takes a leaf as the loss and as aux, and gives back tensors of the caller', () => {
    const x = tf.scalar(2)
    const result = valueAndGradient(({ x }: { x: Tensor }) => ({ loss: x, aux: x }))({ x })
    expectClose(result.gradients.x, [1])
    dispose(result)
    expect(x.isDisposed).toBe(false)
    expectClose(x, [2])
  })

  it('keeps aux that is not needed for the loss, plain values and nothing at all', () => {
    const f = valueAndGradient(({ x }: { x: Tensor }) => ({
      loss: tf.square(x),
      aux: { of: tf.mul(x, 10), at: undefined, when: new Date(0) },
    }))
    const { aux } = f({ x: tf.scalar(2) })
    expectClose(aux.of, [20])
    expect(aux.at).toBeUndefined()
    expect(aux.when).toEqual(new Date(0))
    expect(
      valueAndGradient(({ x }: { x: Tensor }) => ({ loss: tf.square(x), aux: undefined }))({ x: tf.scalar(2) }).aux,
    ).toBeUndefined()
  })

  it('differentiates a bare tensor', () => {
    expectClose(valueAndGradient((x: Tensor) => ({ loss: tf.square(x), aux: {} }))(tf.scalar(3)).gradients, [6])
  })

  it('runs inside a tidy that f makes', () => {
    const f = valueAndGradient(({ x }: { x: Tensor }) => ({
      loss: tf.tidy(() => tf.mul(tf.square(x), tf.exp(x))),
      aux: {},
    }))
    expectClose(f({ x: tf.scalar(1) }).gradients.x, [3 * Math.E])
    const x = tf.scalar(1)
    expectNoLeak(() => dispose(f({ x })))
  })

  it('differentiates through itself', () => {
    const cube = (x: Tensor): Tensor => tf.mul(x, tf.square(x))
    const second = valueAndGradient((x: Tensor) => ({
      loss: valueAndGradient((x: Tensor) => ({ loss: cube(x), aux: {} }))(x).gradients,
      aux: {},
    }))
    const x = tf.scalar(2)
    expectClose(second(x).gradients, [12])
    expectNoLeak(() => dispose(second(x)))
  })

  it('takes the gradients of tf.customGrad, also those that hand on dy itself', () => {
    const twice = tf.customGrad((x) => ({ value: tf.mul(x as Tensor, 2), gradFunc: (dy) => dy }))
    const f = valueAndGradient(({ x }: { x: Tensor }) => ({
      loss: tf.sum(tf.add(twice(x), tf.square(twice(x)))),
      aux: {},
    }))
    const x = tf.tensor1d([1, 2])
    expectClose(f({ x }).gradients.x, [1 + 4, 1 + 8])
    expectNoLeak(() => dispose(f({ x })))
  })

  it('frees gradients as it goes: the number alive at the start of a chain does not grow with the chain', () => {
    const alive: number[] = []
    const probe = tf.customGrad((x) => ({
      value: tf.clone(x as Tensor),
      gradFunc: (dy) => {
        alive.push(tf.memory().numTensors)
        return tf.clone(dy as Tensor)
      },
    }))
    const chain = (length: number) => (x: Tensor) => ({
      loss: Array.from({ length }).reduce((y: Tensor) => tf.sin(y), probe(x)),
      aux: {},
    })
    const x = tf.scalar(1)
    for (const length of [1, 50]) dispose(valueAndGradient(chain(length))(x))
    expect(alive[1]).toBe(alive[0])
  })
})

describeBackends('what valueAndGradient keeps for the gradients', () => {
  it('is nothing where shapes are enough: both terms of a sum are free after the forward pass', () => {
    const bytes: number[] = []
    const probe = tf.customGrad((x) => ({
      value: tf.clone(x as Tensor),
      gradFunc: (dy) => {
        bytes.push(tf.memory().numBytes)
        return tf.clone(dy as Tensor)
      },
    }))
    const [x, ones] = [tf.ones([1000]), tf.ones([1000])]
    // The probe's gradient runs first, when all that was saved is still alive.
    const terms = (n: number) => (x: Tensor) => ({
      loss: probe(tf.sum(Array.from({ length: n }).reduce((y: Tensor) => tf.add(tf.neg(y), ones), x))),
      aux: {},
    })
    for (const n of [1, 20]) dispose(valueAndGradient(terms(n))(x))
    expect(bytes[1]).toBe(bytes[0])
  })

  it('is not disturbed by a gradient that differentiates something itself', () => {
    const inner = valueAndGradient((x: Tensor) => ({ loss: tf.sum(tf.square(tf.add(x, 0))), aux: {} }))
    const recomputed = tf.customGrad((x, save) => {
      ;(save as tf.GradSaveFunc)([x as Tensor])
      return { value: tf.square(x as Tensor), gradFunc: (dy: Tensor, [x]: Tensor[]) => tf.mul(dy, inner(x!).gradients) }
    })
    const x = tf.tensor1d([1, 2])
    const f = valueAndGradient((x: Tensor) => ({
      loss: tf.sum(tf.add(recomputed(tf.add(x, tf.scalar(1))), tf.scalar(2))),
      aux: {},
    }))
    expectClose(f(x).gradients, [4, 6])
    expectNoLeak(() => dispose(f(x)))
  })
})

describeBackends('an error in valueAndGradient', () => {
  const expectFreed = (f: () => unknown, error: RegExp): void => {
    expect(f).toThrow(error)
    expectNoLeak(() => expect(f).toThrow(error))
    expect(tf.engine().state.gradientDepth).toBe(0)
  }

  it('names every leaf that the loss does not reach, and leaks nothing', () => {
    const p = { used: tf.scalar(1), unit: { a: tf.scalar(2), b: [tf.scalar(3)] } }
    const f = valueAndGradient(({ used, unit }: typeof p) => ({ loss: tf.square(used), aux: tf.square(unit.a) }))
    expectFreed(() => f(p), /^the loss does not depend on unit\.a, unit\.b\.0; use each/)
    try {
      f(p)
    } catch (error) {
      expect(error).toBeInstanceOf(UnconnectedError)
      expect((error as UnconnectedError)._tag).toBe('UnconnectedError')
      expect((error as UnconnectedError).paths).toEqual(['unit.a', 'unit.b.0'])
    }
  })

  it('passes on what f throws, and leaks nothing', () => {
    const x = tf.scalar(1)
    expectFreed(
      () =>
        valueAndGradient((x: Tensor): { loss: Tensor; aux: Tensor } => {
          tf.mul(tf.square(x), tf.exp(x))
          throw new Error('in the middle')
        })(x),
      /^in the middle$/,
    )
  })

  it('passes on what a gradient throws, and leaks nothing', () => {
    const broken = tf.customGrad((x) => ({
      value: tf.clone(x as Tensor),
      gradFunc: () => {
        throw new Error('no gradient today')
      },
    }))
    const x = tf.scalar(1)
    expectFreed(
      () => valueAndGradient((x: Tensor) => ({ loss: tf.square(broken(tf.exp(x))), aux: tf.exp(x) }))(x),
      /^no gradient today$/,
    )
  })

  it('names a kernel without a gradient on the way to the loss, and leaks nothing', () => {
    tf.registerKernel({
      kernelName: 'TestOpaque',
      backendName: tf.getBackend(),
      kernelFunc: ({ inputs }) => tf.clone(inputs['x'] as Tensor),
    })
    const opaque = (x: Tensor): Tensor => tf.engine().runKernel<Tensor>('TestOpaque', { x })
    const x = tf.scalar(1)
    expectFreed(
      () => valueAndGradient((x: Tensor) => ({ loss: tf.square(opaque(x)), aux: {} }))(x),
      /the kernel TestOpaque has no gradient.*outside/,
    )
    expect(() => valueAndGradient((x: Tensor) => ({ loss: tf.square(opaque(x)), aux: {} }))(x)).toThrow(
      MissingGradientError,
    )
    // Beside the way, or on something constant, it does no harm.
    const beside = valueAndGradient((x: Tensor) => ({ loss: tf.mul(x, opaque(tf.scalar(4))), aux: opaque(x) }))
    expectClose(beside(x).gradients, [4])
    expectNoLeak(() => dispose(beside(x)))
    tf.unregisterKernel('TestOpaque', tf.getBackend())
  })

  it('names a gradient of the wrong shape', () => {
    const wrong = tf.customGrad((x) => ({ value: tf.sum(x as Tensor), gradFunc: (dy) => dy }))
    const x = tf.tensor1d([1, 2])
    expectFreed(
      () => valueAndGradient((x: Tensor) => ({ loss: wrong(x), aux: {} }))(x),
      /must be float32 \[2\], but is float32 \[\]/,
    )
  })

  it('refuses a loss that is not a float32 scalar', () => {
    const x = tf.tensor1d([1, 2])
    expectFreed(
      () => valueAndGradient((x: Tensor) => ({ loss: tf.square(x), aux: {} }))(x),
      /must be a scalar, but has shape \[2\]; take its mean or sum/,
    )
    expectFreed(
      () => valueAndGradient((x: Tensor) => ({ loss: tf.argMax(x), aux: {} }))(x),
      /must be float32, but is int32/,
    )
  })

  it('refuses an f that is asynchronous or returns no loss', () => {
    const f = (async (x: Tensor) => ({ loss: x, aux: {} })) as unknown as (x: Tensor) => { loss: Tensor; aux: object }
    const x = tf.scalar(1)
    expectFreed(() => valueAndGradient(f)(x), /must return \{ loss, aux \}.*synchronous/)
  })

  it('refuses a tree without leaves and one with a leaf that is not a tensor', () => {
    expect(() => valueAndGradient(() => ({ loss: tf.scalar(1), aux: {} }))({})).toThrow(/no leaf/)
    const leaf = tf.scalar(1)
    expect(() => valueAndGradient(() => ({ loss: leaf, aux: {} }))({ a: { n: 3 } })).toThrow(
      /^a\.n: a leaf of the parameters must be a tensor, not 3/,
    )
  })

  it('names a leaf that is disposed or holds integers', () => {
    const f = valueAndGradient(({ w }: { readonly w: readonly Tensor[] }) => ({ loss: tf.sum(w[1]!), aux: {} }))
    const gone = tf.ones([1])
    gone.dispose()
    expect(() => f({ w: [tf.ones([1]), gone] })).toThrow(
      new TypeError('w.1: this tensor of the parameters is disposed; dispose a tree only after its last use'),
    )
    expect(() => f({ w: [tf.ones([1]), tf.ones([1], 'int32')] })).toThrow(
      'w.1: a leaf of the parameters must be float32 to be differentiated, but this is int32',
    )
  })
})

describe('the types of valueAndGradient', () => {
  it('keep the tree and the aux', () => {
    expectTypeOf(valueAndGradient(objective)).parameters.toEqualTypeOf<[Params]>()
    expectTypeOf(valueAndGradient(objective)).returns.toExtend<
      Differentiated<Params, { hidden: Tensor; name: string }>
    >()
  })
})

describe('registerGradients', () => {
  it('can be called again and leaves a gradient that is already there', () => {
    registerGradients()
    const own = { kernelName: 'Cosh', gradFunc: () => ({}) }
    const ours = tf.getGradient('Cosh')
    tf.unregisterGradient('Cosh')
    tf.registerGradient(own)
    registerGradients()
    expect(tf.getGradient('Cosh')).toBe(own)
    tf.unregisterGradient('Cosh')
    registerGradients()
    expect(tf.getGradient('Cosh')).toBe(ours)
  })

  it('is what makes tf.grad work with tfjs-core alone', () => {
    registerGradients()
    expectClose(tf.grad((x) => tf.mul(x, tf.relu(x)))(tf.tensor1d([3, -1])), [6, 0])
    const [da, db] = tf.grads((a, b) => tf.sum(tf.add(tf.concat([a, a], 0), tf.step(b))))([
      tf.tensor2d([[1, 2]]),
      tf.tensor1d([1, 2]),
    ])
    expectClose(da!, [2, 2])
    expectClose(db!, [0, 0])
  })
})

describeBackends('pullback', () => {
  const hidden = ({ w, b }: Params): Tensor => tf.tanh(tf.add(tf.matMul(tf.tensor2d([[0.2, 0.7]]), w), b))

  it('gives the gradients of the sum of the output times dy', () => {
    const p = params()
    const dy = tf.tensor2d([[3, -0.5]])
    const gradients = pullback(hidden)(p, dy)
    checkGradients((at: Params) => tf.sum(tf.mul(hidden(at), dy)), p, gradients)
    dispose([p, dy, gradients])
  })

  it('names a dy of another shape, and leaves that do not count', () => {
    const p = params()
    expect(() => pullback(hidden)(p, tf.tensor1d([1, 2]))).toThrow(
      'dy must have the shape of the output, [1,2], but has [2]',
    )
    expect(() => pullback(({ b }: Params) => tf.square(b))(p, tf.tensor1d([1, 2]))).toThrow(UnconnectedError)
    dispose(p)
  })
})
