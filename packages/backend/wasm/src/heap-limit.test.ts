import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NoHeapError, OutOfMemoryError, useWasm, WrongOptionError } from './index.ts'
import { tfjsBinary } from './open-backend.ts'
import { mostHeapBytes, startTfjsModule, type TfjsModule } from './tfjs-module.ts'

const mib = 2 ** 20
const heapLimit = 64 * mib

type Backend = { readonly wasm: TfjsModule; readonly numDataIds: () => number }
const backend = (): Backend => tf.backend() as unknown as Backend

const caught = (f: () => unknown): unknown => {
  try {
    f()
  } catch (error) {
    return error
  }
  return undefined
}

// Takes the heap but for holes smaller than `left` bytes, and gives it back after.
const withFullHeap = async <T>(left: number, use: () => T | Promise<T>): Promise<T> => {
  const taken: number[] = []
  for (let bytes = heapLimit / 2; bytes >= left;)
    try {
      taken.push(backend().wasm._malloc(bytes))
    } catch {
      bytes /= 2
    }
  try {
    return await use()
  } finally {
    for (const at of taken) backend().wasm._free(at)
  }
}

const sum = (x: tf.Tensor): number => tf.tidy(() => tf.sum(x).dataSync()[0]!)

describe.each([1, 2])('a heap with a limit, threads: %i', (threads) => {
  beforeEach(async () => {
    await useWasm({ threads, heapLimit })
  })
  afterAll(async () => {
    ;(await useWasm({ threads: 1 })).dispose()
  })

  it('names what was asked, what is in use and the limit, and works on once something is freed', () => {
    const made: tf.Tensor[] = []
    const before = tf.memory().numTensors
    const error = caught(() => {
      for (;;) made.push(tf.fill([4 * mib], made.length))
    }) as OutOfMemoryError
    expect(error).toBeInstanceOf(OutOfMemoryError)
    expect(error).toMatchObject({ bytes: 16 * mib, limitBytes: heapLimit })
    expect(made.length).toBeGreaterThanOrEqual(2)
    expect(error.usedBytes).toBeGreaterThanOrEqual(made.length * 16 * mib)
    expect(error.usedBytes).toBeLessThan(error.heapBytes)
    expect(error.heapBytes).toBeLessThanOrEqual(heapLimit)
    expect(error.message).toMatch(
      /^the WASM heap has no room for 16,777,216 bytes more \([\d,]+ bytes of its [\d,]+ are in use, and it may have 67,108,864\); use smaller batches or images, dispose tensors, or use another backend$/,
    )
    for (const [i, x] of made.entries()) expect(new Set(x.dataSync())).toEqual(new Set([i]))
    made.pop()!.dispose()
    made.push(tf.fill([4 * mib], 7))
    expect(sum(made.at(-1)!)).toBe(7 * 4 * mib)
    tf.dispose(made)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('lets a smaller batch of a convolution through where a larger one does not fit', () => {
    const filter = tf.fill([3, 3, 16, 16], 1) as tf.Tensor4D
    const run = (images: number): number =>
      tf.tidy(() => sum(tf.conv2d(tf.ones([images, 64, 64, 16]) as tf.Tensor4D, filter, 1, 'same')))
    const one = run(1)
    expect(caught(() => run(128))).toBeInstanceOf(OutOfMemoryError)
    expect(caught(() => run(100))).toBeInstanceOf(OutOfMemoryError)
    expect(run(32)).toBeCloseTo(32 * one, -3)
    filter.dispose()
  })

  it('gives kept filters back before it refuses', () => {
    const filter = tf.fill([1, 1, 2000, 2000], 2 ** -11) as tf.Tensor4D
    const x = tf.ones([1, 4, 4, 2000]) as tf.Tensor4D
    const run = (): number => tf.tidy(() => sum(tf.conv2d(x, filter, 1, 0)))
    for (let i = 0; i < 4; i++) expect(run()).toBe(31_250)
    // A filter stays while a kernel may be reading it, which is until the next is asked for.
    const other = tf.ones([1, 1, 2000, 16]) as tf.Tensor4D
    tf.tidy(() => void tf.conv2d(x, other, 1, 0))
    const used = (): number => (caught(() => tf.zeros([heapLimit])) as OutOfMemoryError).usedBytes
    // The attempt has freed the packed filter, which has 16 MB too.
    const first = used()
    expect(first).toBeLessThan(24 * mib)
    const large = tf.zeros([(heapLimit - first) / 4 - 6 * mib])
    expect(run()).toBe(31_250)
    tf.dispose([large, x, filter, other])
  })

  it('loses no data that tfjs knows, and knows none that got no room', async () => {
    const before = [tf.memory().numDataBuffers, backend().numDataIds()]
    await withFullHeap(64, () => {
      const made: tf.Tensor[] = []
      const error = caught(() => {
        for (;;) made.push(tf.scalar(made.length))
      })
      expect(error).toBeInstanceOf(OutOfMemoryError)
      expect(made.map((x) => x.dataSync()[0])).toEqual(made.map((_, i) => i))
      tf.dispose(made)
    })
    expect([tf.memory().numDataBuffers, backend().numDataIds()]).toEqual(before)
  })

  it('loses no data of another backend that does not fit', async () => {
    await tf.setBackend('cpu')
    const x = tf.range(0, 1000)
    const { numDataBuffers } = tf.memory()
    await tf.setBackend('wasm')
    await withFullHeap(64, () => {
      for (let i = 0; i < 2; i++) expect(caught(() => tf.neg(x))).toBeInstanceOf(OutOfMemoryError)
      expect(x.dataSync()[999]).toBe(999)
    })
    expect(sum(x)).toBe(499_500)
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers)
    x.dispose()
  })

  it('leaves one thread, and says why, where threads find no room', async () => {
    await useWasm({ threads: 1, heapLimit })
    const { threads: got, warnings } = await withFullHeap(64, () => useWasm({ threads: 2, heapLimit }))
    expect(got).toBe(1)
    expect(warnings[0]).toMatch(/^one thread instead of 2: the WASM heap has no room for [\d,]+ bytes more/)
    expect((await useWasm({ threads: 2, heapLimit })).threads).toBe(2)
    expect(sum(tf.ones([mib]))).toBe(mib)
  })
})

describe('the limit of the heap', () => {
  it('keeps what lives where the limit falls below it, and grows again where it rises', async () => {
    const x = tf.fill([4 * mib], 3)
    await useWasm({ threads: 1, heapLimit: 2 ** 25 })
    expect(caught(() => tf.zeros([20 * mib]))).toMatchObject({ _tag: 'OutOfMemory', limitBytes: 2 ** 25 })
    expect(sum(x)).toBe(12 * mib)
    await useWasm({ threads: 1 })
    const y = tf.fill([20 * mib], 1)
    expect(sum(y)).toBe(20 * mib)
    tf.dispose([x, y])
  })

  it.each([0, 2 ** 24, 2 ** 32, 1e8 + 0.5, Number.NaN])('cannot be %s', async (bytes) => {
    await expect(useWasm({ heapLimit: bytes })).rejects.toThrow(WrongOptionError)
    await expect(useWasm({ heapLimit: bytes })).rejects.toThrow(
      `heapLimit must be an integer of bytes from 33554432 to ${mostHeapBytes}, got ${bytes}`,
    )
  })
})

describe('a system without addresses for the heap', () => {
  afterEach(() => void vi.restoreAllMocks())

  it('is named, with its cause', async () => {
    const binary = await tfjsBinary()
    const cause = new RangeError(
      'WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance',
    )
    vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(cause)
    const error: unknown = await startTfjsModule(binary, false).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NoHeapError)
    expect(error).toMatchObject({ _tag: 'NoHeap', cause })
    expect((error as NoHeapError).message).toMatch(/ulimit -v/)
  })
})
