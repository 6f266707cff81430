import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { type Contracted, definePrimitive } from '@resfn/primitive'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import {
  floatKernel,
  isPerChannel,
  type Overlay,
  overlayKernels,
  primitiveKernel,
  UnsupportedInputsError,
} from './index.ts'

type Device = { readonly backend: tf.KernelBackend; readonly calls: string[] }

const made = ({ backend }: Device, values: Float32Array, shape: number[]): tf.TensorInfo => ({
  dataId: backend.write(values, shape, 'float32'),
  shape,
  dtype: 'float32',
})

const run = (name: string, inputs: { readonly [name: string]: tf.Tensor }, attributes: object = {}): tf.Tensor[] =>
  [tf.engine().runKernel(name, { ...inputs }, attributes as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[]].flat()

const reluGrad: Contracted<'ReluGrad'> = definePrimitive({
  name: 'ReluGrad',
  composed: ({ dy, y }) => [tf.mul(dy, tf.step(y))],
  saves: { inputs: [], outputs: [] },
  gradient: () => ({}),
})

describe('overlayKernels', () => {
  let device: Device
  let overlay: Overlay
  const lay = (kernels: Parameters<typeof overlayKernels<Device>>[2]): Overlay =>
    (overlay = overlayKernels('cpu', device, kernels))

  beforeEach(async () => {
    await tf.setBackend('cpu')
    device = { backend: tf.backend(), calls: [] }
  })
  afterEach(() => overlay.undo())

  const marked = floatKernel(['x'], (device: Device, { x }) => {
    device.calls.push('ours')
    return made(device, new Float32Array(x.shape[0]!).fill(7), x.shape)
  })

  it('runs ours, and theirs for what ours declines', () => {
    expect(lay({ Relu: marked }).kernelNames).toEqual(['Relu'])
    expect([...tf.relu([-1, 2]).dataSync()]).toEqual([7, 7])
    expect([...tf.relu(tf.tensor([-1, 2], [2], 'int32')).dataSync()]).toEqual([0, 2])
    expect(tf.relu(tf.tensor([], [0])).shape).toEqual([0])
    expect(device.calls).toEqual(['ours'])
  })

  it('runs the portable form of a primitive where ours declines and nothing was there', () => {
    lay({ ReluGrad: primitiveKernel('ReluGrad', () => undefined) })
    const [dy, y] = [tf.tensor1d([3, 4]), tf.tensor1d([-1, 1])]
    expect([...reluGrad({ dy, y }, {})[0].dataSync()]).toEqual([0, 4])
  })

  it('says what it takes where neither works', () => {
    lay({ OverlayTest: marked })
    const x = tf.tensor([1, 2], [2], 'int32')
    expect(() => run('OverlayTest', { x })).toThrow(UnsupportedInputsError)
    expect(() => run('OverlayTest', { x })).toThrow(
      'OverlayTest on cpu takes float32 tensors that are not empty (NHWC where it matters), and there is not another kernel for x: int32 [2]; cast the inputs, or use another backend',
    )
  })

  it('gives a contract its types, and looks at all its inputs', () => {
    lay({
      BatchNormTrain: primitiveKernel('BatchNormTrain', (device: Device, { x, weight, bias }, { epsilon }) => {
        expectTypeOf(epsilon).toEqualTypeOf<number>()
        expectTypeOf({ x, weight, bias }).toEqualTypeOf<Record<'x' | 'weight' | 'bias', tf.TensorInfo>>()
        return [0, 1, 2].map((i) => made(device, Float32Array.of(i), [1])) as [
          tf.TensorInfo,
          tf.TensorInfo,
          tf.TensorInfo,
        ]
      }),
    })
    const one = tf.ones([1])
    const outputs = run('BatchNormTrain', { x: one, weight: one, bias: one }, { epsilon: 1 })
    expect(outputs.map((output) => output.dataSync()[0])).toEqual([0, 1, 2])
    expect(() => run('BatchNormTrain', { x: one, weight: one }, { epsilon: 1 })).toThrow(/bias|another kernel/)
  })

  it('puts back what was there, and nothing else', () => {
    const before = tf.getKernelsForBackend('cpu')
    lay({ Relu: marked, OverlayTest: marked })
    const mine: tf.KernelConfig = { kernelName: 'Exp', backendName: 'cpu', kernelFunc: () => [] }
    const exp = tf.getKernel('Exp', 'cpu')
    tf.unregisterKernel('Exp', 'cpu')
    tf.registerKernel(mine)
    overlay.undo()
    overlay.undo()
    expect(tf.getKernel('Exp', 'cpu')).toBe(mine)
    tf.unregisterKernel('Exp', 'cpu')
    tf.registerKernel(before.find(({ kernelName }) => kernelName === 'Exp')!)
    expect(exp).toBeDefined()
    const after = tf.getKernelsForBackend('cpu')
    expect(after.length).toBe(before.length)
    for (const kernel of before) expect(tf.getKernel(kernel.kernelName, 'cpu'), kernel.kernelName).toBe(kernel)
    expect([...tf.relu([-1, 2]).dataSync()]).toEqual([0, 2])
  })

  it('takes the first overlay of a backend away before the second', () => {
    const first = lay({ Relu: marked })
    lay({
      Relu: floatKernel(['x'], () => undefined),
    })
    expect([...tf.relu([-1, 2]).dataSync()]).toEqual([0, 2])
    first.undo()
    expect(tf.getKernel('Relu', 'cpu')?.kernelFunc).toBeDefined()
    lay({ Relu: marked })
    expect([...tf.relu([-1, 2]).dataSync()]).toEqual([7, 7])
  })

  it('frees what a kernel made before it failed, and gives back its references', () => {
    const fail = (): never => {
      throw new Error('broken')
    }
    lay({
      Relu: floatKernel(['x'], (device: Device, { x }) => {
        made(device, Float32Array.of(1), [1])
        device.backend.incRef(x.dataId)
        const gone = made(device, Float32Array.of(1), [1])
        device.backend.disposeData(gone.dataId)
        return fail()
      }),
      // A kernel that calls another, and fails after it.
      Sigmoid: floatKernel(['x'], (device: Device, { x }) => {
        tf.getKernel('Exp', 'cpu')!.kernelFunc({ inputs: { x }, backend: device.backend } as never)
        return fail()
      }),
    })
    const x = tf.tensor1d([1, 2])
    const before = device.backend.numDataIds()
    for (const op of [tf.relu, tf.sigmoid]) {
      expect(() => op(x)).toThrow('broken')
      expect(device.backend.numDataIds()).toBe(before)
    }
    expect([...x.dataSync()]).toEqual([1, 2])
    x.dispose()
    expect(device.backend.numDataIds()).toBe(before - 1)
  })

  it('frees what a kernel of the backend made before it failed', () => {
    const stock = tf.getKernel('Exp', 'cpu')!
    tf.unregisterKernel('Exp', 'cpu')
    tf.registerKernel({
      ...stock,
      kernelFunc: (parameters) => {
        stock.kernelFunc(parameters)
        throw new Error('broken')
      },
    })
    lay({})
    const before = device.backend.numDataIds()
    expect(() => tf.tidy(() => tf.exp(tf.tensor1d([1])))).toThrow('broken')
    expect(device.backend.numDataIds()).toBe(before)
    overlay.undo()
    tf.unregisterKernel('Exp', 'cpu')
    tf.registerKernel(stock)
  })
})

describe('isPerChannel', () => {
  it('asks for a float32 vector of that length', () => {
    expect(isPerChannel(tf.ones([3]), 3)).toBe(true)
    for (const tensor of [tf.ones([3], 'int32'), tf.ones([1, 3]), tf.ones([2]), null, undefined])
      expect(isPerChannel(tensor, 3)).toBe(false)
  })
})
