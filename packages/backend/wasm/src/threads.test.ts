import type { Worker } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KernelError, ThreadError, useWasm } from './index.ts'
import { controlBytes, marks, slots } from './control-block.ts'
import { startThreads } from './threads.node.ts'
import { clearControl, commandThreads } from './threads.ts'

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

// What is thrown after some calls that worked.
const withinASecond = (call: () => unknown): unknown => {
  const end = performance.now() + 1000
  let error: unknown
  while (error === undefined && performance.now() < end) error = caught(call)
  return error
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
    const error = withinASecond(() => expect(convolve()).toBe(sum))
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
    const error = withinASecond(() => expect(convolve()).toBe(sum))
    expect(error).toMatchObject({ _tag: 'ThreadEnded', index: 1 })
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
  // (func (export "trap") (param i32 i32 i32 i32) (if (i32.eq (local.get 3) (i32.const 2)) (then unreachable)))
  const module = new WebAssembly.Module(
    Uint8Array.from(
      [
        [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        [1, 8, 1, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0],
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
        [10, 13, 1, 11, 0, 0x20, 3, 0x41, 2, 0x46, 4, 0x40, 0, 0x0b, 0x0b],
      ].flat(),
    ),
  )

  it('names the routine and itself, and keeps what it said', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
    const threads = await startThreads({ size: 3, module, memory, control: 1024, routines: ['other', 'trap'] })
    // Any thread may take a piece: again, until the second has one.
    const pause = (): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    const error = withinASecond(() => threads.run(1, 4, pause))
    expect(error).toBeInstanceOf(KernelError)
    expect(error).toMatchObject({ _tag: 'KernelFailed', kernel: 'trap', thread: 2, cause: { message: 'unreachable' } })
    expect(await threads.stop()).toBe(true)
  })

  it('drops what nobody has begun, and leaves the threads ready for the next routine', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
    const threads = await startThreads({ size: 1, module, memory, control: 1024, routines: ['other', 'trap'] })
    const failed = caught(() =>
      threads.run(1, 1_000_000, () => {
        throw new RangeError('own')
      }),
    )
    expect(failed).toMatchObject({ message: 'own' })
    const own: number[] = []
    threads.run(1, 100, (piece) => void own.push(piece))
    expect(own).toEqual([...new Set(own)].toSorted((a, b) => a - b))
    expect(await threads.stop()).toBe(true)
  })

  it('that does not start is an error', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 })
    await expect(startThreads({ size: 1, module, memory, control: 1024, routines: ['trap'] })).rejects.toThrow()
  })
})

describe('pieces of a routine', () => {
  // Threads that only the test moves.
  const still = (size: number, ended: (index: number) => string | undefined = () => undefined) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
    const options = {
      size,
      module: undefined as unknown as WebAssembly.Module,
      memory,
      control: 1024,
      routines: ['run'],
    }
    clearControl(options)
    const state = new Int32Array(memory.buffer, 1024, controlBytes / 4)
    state.fill(marks.idle, slots.doing)
    const threads = commandThreads(options, { ended, maySleep: true, terminate: async () => true })
    return { state, threads }
  }

  it('are all worked out by the calling thread where no other wakes, in order', () => {
    const { threads } = still(3)
    const own: number[] = []
    const start = performance.now()
    threads.run(0, 8, (piece) => void own.push(piece))
    expect(own).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(performance.now() - start).toBeLessThan(150)
  })

  it('that a thread takes are not worked out twice, and are waited for', () => {
    const { state, threads } = still(1)
    const own: number[] = []
    threads.run(0, 4, (piece) => {
      own.push(piece)
      if (own.length === 1) Atomics.sub(state, slots.left, 1)
      if (own.length === 3) Atomics.add(state, slots.done, 1)
    })
    expect(own).toEqual([0, 2, 3])
  })

  it('that a thread took before it ended are an error within a second, not waited for', () => {
    const { state, threads } = still(2, (index) => (index === 2 ? 'it was terminated' : undefined))
    const start = performance.now()
    const error = caught(() =>
      threads.run(0, 4, () => {
        Atomics.store(state, slots.doing + 2, marks.busy)
        Atomics.store(state, slots.left, 0)
      }),
    )
    expect(error).toMatchObject({ _tag: 'ThreadEnded', index: 2 })
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
