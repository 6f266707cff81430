import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KernelError, OutOfMemoryError, useWasm } from './index.ts'
import { mostHeapBytes } from './tfjs-module.ts'

type Module = {
  readonly _malloc: (bytes: number) => number
  readonly _free: (at: number) => void
  readonly cwrap: (name: string, result: null, types: readonly string[]) => (...args: readonly number[]) => number
}
const module = (): Module => (tf.backend() as unknown as { readonly wasm: Module }).wasm

type Block = { readonly at: number; readonly bytes: number }

// Takes the heap but for holes smaller than `left` bytes; what is not touched costs no memory.
const fillHeap = (left: number): readonly Block[] => {
  const taken: Block[] = []
  for (let bytes = 2 ** 30; bytes >= left;)
    try {
      taken.push({ at: module()._malloc(bytes), bytes })
    } catch {
      bytes /= 2
    }
  return taken
}
const free = (blocks: readonly Block[]): void => {
  for (const { at } of blocks) module()._free(at)
}
const withFullHeap = <T>(left: number, use: () => T): T => {
  const taken = fillHeap(left)
  try {
    return use()
  } finally {
    free(taken)
  }
}
const caught = (f: () => unknown): unknown => {
  try {
    f()
  } catch (error) {
    return error
  }
  return undefined
}

for (const threads of [1, 2]) {
  describe(`a heap that is full, ${threads} ${threads === 1 ? 'thread' : 'threads'}`, () => {
    let dispose: () => void
    beforeAll(async () => {
      ;({ dispose } = await useWasm({ threads }))
    })
    afterAll(() => dispose())

    const cases: { readonly [name: string]: () => tf.Tensor | tf.Tensor[] } = {
      'a tensor from values': () => tf.tensor1d(new Float32Array(2 ** 22)),
      'a filled tensor': () => tf.fill([2 ** 22], 1),
      'a kernel of tfjs': () => tf.exp(living.x),
      'a convolution of ours': () => tf.conv2d(living.x as tf.Tensor4D, living.filter as tf.Tensor4D, 1, 'same'),
      'the gradient of a filter': () =>
        tf.engine().runKernel('Conv2DBackpropFilter', { x: living.x, dy: living.x }, {
          strides: 1,
          pad: 'same',
          dataFormat: 'NHWC',
          dilations: 1,
          filterShape: [3, 3, 16, 16],
        } as never) as tf.Tensor,
      'several outputs': () =>
        tf.engine().runKernel('BatchNormTrain', { x: living.x, weight: living.scale, bias: living.scale }, {
          epsilon: 1e-5,
        } as never) as tf.Tensor[],
      'a kernel of several kernels': () => tf.sum(living.x, 3),
    }
    let living: { readonly [name in 'x' | 'filter' | 'scale']: tf.Tensor }
    beforeEach(() => {
      living = tf.tidy(() => ({
        x: tf.fill([16, 64, 64, 16], 7),
        filter: tf.fill([3, 3, 16, 16], 0.5),
        scale: tf.ones([16]),
      }))
      return () => tf.dispose(living)
    })

    it.each(Object.entries(cases))('names the bytes for %s, changes nothing and works on', (_name, make) => {
      const expected = tf.tidy(() => [make()].flat().map((tensor) => Float32Array.from(tensor.dataSync().slice(0, 50))))
      const { numTensors, numDataBuffers } = tf.memory()
      withFullHeap(2 ** 14, () => {
        for (let i = 0; i < 3; i++) {
          const error = caught(make)
          expect(error).toBeInstanceOf(OutOfMemoryError)
          expect(error).toMatchObject({ _tag: 'OutOfMemory', limitBytes: mostHeapBytes })
          expect((error as OutOfMemoryError).message).toMatch(
            /^the WASM heap has no room for [\d,]+ bytes more .*smaller batches/,
          )
        }
        expect(new Set(living.x.dataSync())).toEqual(new Set([7]))
        expect(new Set(living.filter.dataSync())).toEqual(new Set([0.5]))
      })
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers })
      // What the failed kernels took is free again: else the same would not fit a second time.
      const found = tf.tidy(() => [make()].flat().map((tensor) => Float32Array.from(tensor.dataSync().slice(0, 50))))
      expect(found).toEqual(expected)
    })

    it('frees what a failed kernel made: the heap has the same room after a hundred failures', () => {
      const room = (): number => {
        const taken = fillHeap(2 ** 14)
        free(taken)
        return taken.reduce((sum, { bytes }) => sum + bytes, 0)
      }
      const before = room()
      // Room for the output of a convolution, which is 4 MiB, and not for its scratch.
      const spare = module()._malloc(2 ** 22 + 2 ** 10)
      withFullHeap(2 ** 9, () => {
        module()._free(spare)
        for (let i = 0; i < 100; i++) expect(caught(cases['a convolution of ours']!)).toBeInstanceOf(OutOfMemoryError)
      })
      expect(Math.abs(room() - before)).toBeLessThan(2 ** 20)
    })
  })
}

describe('memory that a kernel of tfjs takes inside', () => {
  beforeAll(async () => {
    await useWasm({ threads: 1 })
  })

  it('is an error too, where the heap cannot grow', () => {
    // A resize keeps four addresses a pixel inside.
    const x = tf.ones([1, 64, 64, 1]) as tf.Tensor4D
    const resize = (): tf.Tensor => tf.image.resizeBilinear(x, [512, 512])
    const spare = module()._malloc(512 * 512 * 4)
    const error = withFullHeap(2 ** 12, () => {
      // Room for the output only.
      module()._free(spare)
      return caught(resize)
    })
    expect(error).toBeInstanceOf(OutOfMemoryError)
    expect(new Set(tf.tidy(() => resize().dataSync()))).toEqual(new Set([1]))
    x.dispose()
  })

  it('refuses more bytes than an address can count, in place of their remainder', () => {
    expect(caught(() => module()._malloc(2 ** 32 + 100))).toBeInstanceOf(OutOfMemoryError)
    expect(caught(() => tf.zeros([2 ** 30 + 25]))).toBeInstanceOf(OutOfMemoryError)
  })

  it('names the kernel whose code failed, not where it pointed', () => {
    const error = caught(() => module().cwrap('Exp', null, ['number', 'number', 'number'])(1 << 30, 1, 1 << 30))
    expect(error).toBeInstanceOf(KernelError)
    expect((error as KernelError).message).toMatch(/^the WASM kernel Exp failed on thread 0, /)
    expect([...tf.tidy(() => tf.exp([0, 0]).dataSync())]).toEqual([1, 1])
  })

  it('computes beyond 2 GiB', () => {
    const taken = fillHeap(2 ** 12)
    const high = taken.filter(({ at }) => at > 2 ** 31)
    expect(high.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(2 ** 28)
    free(high)
    const x = tf.fill([8, 32, 32, 16], 1) as tf.Tensor4D
    const filter = tf.fill([3, 3, 16, 16], 1) as tf.Tensor4D
    const at = (tf.backend() as unknown as { readonly getMemoryOffset: (data: object) => number }).getMemoryOffset(
      x.dataId,
    )
    expect(at).toBeGreaterThan(2 ** 31)
    const sums = tf.tidy(() =>
      [tf.conv2d(x, filter, 1, 'same'), tf.conv2d(x, filter, 2, 0), tf.add(x, x)].map((y) => tf.sum(y).dataSync()[0]),
    )
    expect(sums).toEqual([94 * 94 * 8 * 16 * 16, 15 * 15 * 9 * 8 * 16 * 16, 8 * 32 * 32 * 16 * 2])
    tf.dispose([x, filter])
    free(taken.filter(({ at: address }) => address <= 2 ** 31))
  })
})
