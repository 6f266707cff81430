import { platform } from '#platform'
import { engine, setBackend } from '@tensorflow/tfjs-core'
import { overlayKernels } from '@resfn/overlay'
import { compileRoutines } from './binary.ts'
import { threadLimit } from './control-block.ts'
import { openDevice } from './device.ts'
import type { Device } from './device.ts'
import { WrongOptionError } from './errors.ts'
import { kernels } from './kernels.ts'
import { openBackend } from './open-backend.ts'
import { mostThreads } from './platform.ts'
import { mostHeapBytes } from './tfjs-module.ts'

/** The binary of tfjs starts with less, and a net of any use needs more. */
const leastHeapLimit = 2 ** 25

/** Settings of `useWasm`. */
export type WasmOptions = {
  /**
   * Threads that work at once, 1 to 64; default: all cores, up to 8. More than one takes a cross-origin isolated page
   * in the browser, and the permission to start workers in Node.
   */
  readonly threads?: number
  /**
   * The most bytes that the heap may grow to, from 2^25; default and largest: 2^32 - 2^26. Beyond it an allocation is
   * an `OutOfMemoryError`, where a container or a page with less memory would be ended. A heap that is larger already
   * stays.
   */
  readonly heapLimit?: number
}

/** What `useWasm` set up. */
export type WasmReport = {
  readonly backend: 'wasm'
  /**
   * 'relaxed' where the engine multiplies and adds in one instruction (Node, current browsers): faster, and rounded
   * once.
   */
  readonly simd: 'relaxed' | 'strict'
  /**
   * 256 where Node was started with `--experimental-wasm-revectorize` (x64, Node 24 and up) and computes with two of
   * WebAssembly's vectors at once; else 128.
   */
  readonly vectorBits: 128 | 256
  readonly threads: number
  /** Names of the kernels that are ours. */
  readonly kernels: readonly string[]
  /** What is not as it was asked for, or slow, and what to do; mostly empty. */
  readonly warnings: readonly string[]
  /** Ends the threads. Not needed for a process to exit; the backend still works after it, on one thread. */
  readonly dispose: () => void
}

// The devices on backends that tfjs holds: asking again must not take the heap from under living tensors. (Looked up in
// tfjs's registry: its findBackend would start a backend that is not there yet.)
const devices = new WeakMap<object, Device>()

const open = async (): Promise<Device> => {
  const shared = platform.unshared() === undefined
  const host = await openBackend(shared)
  const device = openDevice({
    ...host,
    ...compileRoutines(host.memory, platform.withRelaxedSimd),
    abreast: platform.vectorBits() === 256 ? 2 : 1,
    ...(shared && { startThreads: platform.startThreads }),
  })
  overlayKernels('wasm', device, kernels)
  devices.set(device.backend, device)
  return device
}

// Starts that overlap are done one after the other: they share the backend, its heap and its threads.
let last: Promise<unknown> = Promise.resolve()
const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
  const next = last.then(task)
  last = next.catch(() => undefined)
  return next
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

// Threads that cannot be had are no reason to fail: the same kernels run on one.
const startThreads = async (device: Device, threads: number): Promise<string | undefined> => {
  if (threads > 1 && platform.unshared() !== undefined) return platform.unshared()
  try {
    await device.setThreads(threads)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/**
 * Starts the tfjs backend 'wasm', makes it current, and registers the kernels that training needs on it. Called
 * again, it keeps the backend and its tensors and only changes the number of threads; calls that overlap are done in
 * turn.
 *
 * Where threads cannot be started the backend runs on one, and `warnings` says why.
 *
 * @param options number of threads, and the largest heap
 * @returns what was set up
 * @throws WrongOptionError (a RangeError) if `threads` is not an integer from 1 to 64, or `heapLimit` none from 2^25 to
 * 2^32 - 2^26; NoHeapError if the system has no addresses for the heap; Error if the backend cannot be started
 * otherwise
 * @example
 * ```ts
 * import { useWasm } from '@resfn/wasm'
 *
 * const { threads } = await useWasm({ threads: 1 })
 * console.log(threads) // 1
 * ```
 */
export const useWasm = async ({ threads, heapLimit = mostHeapBytes }: WasmOptions = {}): Promise<WasmReport> => {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= threadLimit))
    throw new WrongOptionError(`threads must be an integer from 1 to ${threadLimit}, got ${threads}`)
  if (!(Number.isInteger(heapLimit) && heapLimit >= leastHeapLimit && heapLimit <= mostHeapBytes))
    throw new WrongOptionError(
      `heapLimit must be an integer of bytes from ${leastHeapLimit} to ${mostHeapBytes}, got ${heapLimit}`,
    )
  return inTurn(async () => {
    const cores = platform.cores()
    const wanted = threads ?? (platform.unshared() === undefined ? Math.min(mostThreads, cores) : 1)
    const device = devices.get(engine().registry['wasm'] ?? {}) ?? (await open())
    device.limitHeap(heapLimit)
    await setBackend('wasm')
    const problem = await startThreads(device, wanted)
    return {
      backend: 'wasm',
      simd: device.relaxed ? 'relaxed' : 'strict',
      vectorBits: device.abreast === 2 ? 256 : 128,
      threads: device.threads,
      kernels: Object.keys(kernels),
      warnings: [
        ...(problem === undefined ? [] : [`one thread instead of ${wanted}: ${problem}`]),
        ...(device.threads > cores
          ? [
              `${device.threads} threads share ${cores === 1 ? 'one core' : `${cores} cores`} and wait for each other: use ${cores}`,
            ]
          : []),
      ],
      dispose: () => void inTurn(() => device.setThreads(1)),
    }
  })
}
