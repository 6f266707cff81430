import { engine, mean, memory, ones, relu, square, sum, type Tensor, tidy } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { valueAndGradient } from '@resfn/autodiff'
import { batchNorm } from '@resfn/batch-norm'
import { conv2d } from '@resfn/conv2d'
import { dropout } from '@resfn/dropout'
import { identityAdd } from '@resfn/identity-add'
import {
  editPart,
  init,
  type Layer,
  lift,
  op,
  partPaths,
  sequential,
  Spec,
  summary,
  untyped,
  zeros,
} from '@resfn/layer'
import { key } from '@resfn/random'
import { dispose, flatten } from '@resfn/tree'
import { afterAll, describe, expect, test } from 'vitest'
import { recompute } from './recompute.ts'

const branch = (): Layer<unknown, unknown> =>
  untyped(
    sequential({
      conv1: conv2d({ out: 4, size: 3 }),
      bn1: batchNorm(),
      relu: lift(relu),
      dropout: dropout({ rate: 0.3 }),
      conv2: conv2d({ out: 4, size: 3 }),
      bn2: batchNorm(),
    }),
  )
const input = [6, 6, 4]
const plain = untyped(sequential({ a: identityAdd(branch()), b: identityAdd(branch()), c: identityAdd(branch()) }))
const again = ['a', 'b', 'c'].reduce((net, path) => editPart(net, path, (part) => recompute(untyped(part))), plain)
const { params } = init(plain, key(3), input)
const x = tidy(() => square(ones([2, ...input])))
afterAll(() => dispose([params, x]))

const trained = (net: Layer<unknown, unknown>): ReturnType<ReturnType<typeof valueAndGradient>> =>
  valueAndGradient((at: unknown) => {
    const { y, seen } = net.train(at, x, key(7))
    return { loss: mean(square(y)), aux: { y, seen } }
  })(params) as never

const valuesOf = (tree: unknown): readonly (readonly [string, readonly number[]])[] =>
  flatten<Tensor>(tree).map(({ path, leaf }) => [path, [...leaf.dataSync()]] as const)

/** The largest number of bytes in tensors while `f` runs. */
const peakOf = (f: () => void): number => {
  const { state } = engine()
  const before = state.numBytes
  let bytes = before
  let peak = 0
  Object.defineProperty(state, 'numBytes', {
    configurable: true,
    get: () => bytes,
    set: (now: number) => {
      bytes = now
      peak = Math.max(peak, now - before)
    },
  })
  try {
    f()
  } finally {
    Object.defineProperty(state, 'numBytes', { configurable: true, writable: true, value: bytes })
  }
  return peak
}

describe('recompute', () => {
  test('gives loss, output, statistics and gradients bit for bit, dropout included', () => {
    const [kept, recomputed] = [trained(plain), trained(again)]
    expect(valuesOf(recomputed)).toEqual(valuesOf(kept))
    dispose([kept, recomputed])
  })

  test('nests', () => {
    const outer = recompute(again)
    const [kept, recomputed] = [trained(plain), trained(outer)]
    expect(valuesOf(recomputed)).toEqual(valuesOf(kept))
    dispose([kept, recomputed])
  })

  test('gives the gradient of its input', () => {
    const gradients = [plain, again].map((net) =>
      valueAndGradient((at: { x: Tensor }) => ({ loss: sum(square(net.train(params, at.x, key(7)).y)), aux: {} }))({
        x,
      }),
    )
    expect(valuesOf(gradients[1])).toEqual(valuesOf(gradients[0]))
    dispose(gradients)
  })

  test('keeps paths, plan and evaluation', () => {
    expect(partPaths(again)).toEqual(partPaths(plain))
    expect(summary(again, input)).toEqual(summary(plain, input))
    const { state } = init(plain, key(3), input)
    const outputs = [plain, again].map((net) => net.apply(params, x, state))
    expect(valuesOf(outputs[1])).toEqual(valuesOf(outputs[0]))
    dispose([state, outputs])
  })

  test('needs less memory the deeper the net is', () => {
    const peaks = [plain, again].map((net) => peakOf(() => dispose(trained(net))))
    expect(peaks[1]! / peaks[0]!).toBeLessThan(0.75)
  })

  test('leaves no tensor behind', () => {
    dispose(trained(again))
    const before = memory().numTensors
    dispose(trained(again))
    dispose(again.train(params, x, key(1)))
    expect(memory().numTensors).toBe(before)
  })

  test('leaves no tensor behind where the layer throws', () => {
    const broken = recompute<unknown, unknown>({
      ...plain,
      train: (at, batch, k) => {
        plain.train(at, batch, k)
        throw new Error('broken')
      },
    })
    const before = memory().numTensors
    expect(() => trained(broken)).toThrow('broken')
    expect(memory().numTensors).toBe(before)
  })

  test('names parameters that the output does not depend on', () => {
    const idle = op(
      (shape) => ({ kind: 'idle', params: { weight: new Spec([1], zeros) }, output: shape, macs: 0 }),
      (_: unknown, y: Tensor) => square(y),
    )
    const net = untyped(recompute(untyped(sequential({ idle }))))
    const before = memory().numTensors
    const variables = init(net, key(0), input)
    expect(() =>
      valueAndGradient((at: unknown) => ({ loss: sum(net.train(at, x, key(0)).y), aux: {} }))(variables.params),
    ).toThrow('the loss does not depend on params.idle.weight')
    dispose(variables)
    expect(memory().numTensors).toBe(before)
  })
})
