import type { Worker } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KernelError, ThreadError, useWasm } from './index.ts'
import { startThreads } from './threads.node.ts'

const workers: Worker[] = []
const note = (worker: Worker): void => void workers.push(worker)
beforeAll(() => void process.on('worker', note))
afterAll(() => void process.removeListener('worker', note))

const caught = (f: () => unknown): unknown => {
  try {
    f()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a thread that ends', () => {
  const x = (): tf.Tensor4D => tf.ones([16, 32, 32, 16])
  const convolve = (): number =>
    tf.tidy(() => tf.sum(tf.conv2d(x(), tf.ones([3, 3, 16, 16]) as tf.Tensor4D, 1, 'same')).dataSync()[0]!)
  const sum = 94 * 94 * 16 * 16 * 16

  it('is noticed within a second while the main thread waits, and named; then one thread goes on', async () => {
    await useWasm({ threads: 4 })
    expect(convolve()).toBe(sum)
    const { numTensors } = tf.memory()
    // Its event arrives only when this function gives way, which a training step does not.
    void workers.at(-2)!.terminate()
    const start = performance.now()
    const error = caught(convolve)
    expect(performance.now() - start).toBeLessThan(1500)
    expect(error).toBeInstanceOf(ThreadError)
    expect(error).toMatchObject({ _tag: 'ThreadEnded', index: 2 })
    expect((error as Error).message).toMatch(/^thread 2 of the WASM backend ended: /)
    expect(tf.memory().numTensors).toBe(numTensors)
    expect(convolve()).toBe(sum)
  })

  it('is noticed when it ends between two kernels', async () => {
    const { threads } = await useWasm({ threads: 2 })
    expect(threads).toBe(2)
    await workers.at(-1)!.terminate()
    expect(caught(convolve)).toMatchObject({ _tag: 'ThreadEnded', index: 1 })
    expect(convolve()).toBe(sum)
  })

  it('is replaced when threads are asked for again', async () => {
    const { threads, dispose } = await useWasm({ threads: 3 })
    expect(threads).toBe(3)
    expect(convolve()).toBe(sum)
    dispose()
  })
})

describe('a thread that fails', () => {
  // (func (export "trap") (param i32 i32 i32) (if (i32.eq (local.get 1) (i32.const 2)) (then unreachable)))
  const module = new WebAssembly.Module(
    Uint8Array.from(
      [
        [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        [1, 7, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0],
        [
          2,
          18,
          1,
          3,
          ...new TextEncoder().encode('env'),
          6,
          ...new TextEncoder().encode('memory'),
          2,
          3,
          1,
          0x80,
          0x80,
          4,
        ],
        [3, 2, 1, 0],
        [7, 8, 1, 4, ...new TextEncoder().encode('trap'), 0, 0],
        [10, 13, 1, 11, 0, 0x20, 1, 0x41, 2, 0x46, 4, 0x40, 0, 0x0b, 0x0b],
      ].flat(),
    ),
  )

  it('names the routine and itself, and keeps what it said', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
    const threads = await startThreads({ size: 3, module, memory, control: 1024, routines: ['other', 'trap'] })
    threads.start(1)
    const error = caught(() => threads.finish())
    expect(error).toBeInstanceOf(KernelError)
    expect(error).toMatchObject({ _tag: 'KernelFailed', kernel: 'trap', thread: 2, cause: { message: 'unreachable' } })
    expect(await threads.stop()).toBe(true)
  })

  it('that does not start is an error', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 })
    await expect(startThreads({ size: 1, module, memory, control: 1024, routines: ['trap'] })).rejects.toThrow()
  })
})
