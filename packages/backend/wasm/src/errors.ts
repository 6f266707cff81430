/** An option of `useWasm` has a value that it does not take. */
export class WrongOptionError extends RangeError {
  readonly _tag = 'WrongOption'
  constructor(message: string) {
    super(message)
    this.name = 'WrongOptionError'
  }
}

const grouped = (bytes: number): string => bytes.toLocaleString('en-GB')

/**
 * The WASM heap has no room for what was asked. Nothing that lives has changed, what the failed kernel made is freed,
 * and the backend works on.
 *
 * A smaller batch needs about proportionally less.
 */
export class OutOfMemoryError extends Error {
  readonly _tag = 'OutOfMemory'
  /** What was asked for; undefined where a kernel of tfjs asked inside and does not tell. */
  readonly bytes: number | undefined
  /** What tensors, scratch memory and kept filters take now. */
  readonly usedBytes: number
  /** The size of the heap now; it never shrinks. */
  readonly heapBytes: number
  /** The largest size that the heap may have. */
  readonly limitBytes: number
  constructor({ bytes, usedBytes, heapBytes, limitBytes }: OutOfMemory) {
    super(
      `the WASM heap has no room for ${bytes === undefined ? 'the scratch memory of a kernel' : `${grouped(bytes)} bytes more`} ` +
        `(${grouped(usedBytes)} bytes of its ${grouped(heapBytes)} are in use, and it may have ${grouped(limitBytes)}); ` +
        'use smaller batches or images, dispose tensors, or use another backend',
    )
    this.name = 'OutOfMemoryError'
    this.bytes = bytes
    this.usedBytes = usedBytes
    this.heapBytes = heapBytes
    this.limitBytes = limitBytes
  }
}

type OutOfMemory = {
  readonly bytes?: number
  readonly usedBytes: number
  readonly heapBytes: number
  readonly limitBytes: number
}

/** The system refuses the addresses of the WASM heap, which it asks for at once; nothing has been started. */
export class NoHeapError extends Error {
  readonly _tag = 'NoHeap'
  constructor(cause: unknown) {
    super(
      'the system has no room for the addresses of the WASM heap: raise the limit of the process (ulimit -v), close other pages, or use another backend',
      { cause },
    )
    this.name = 'NoHeapError'
  }
}

/**
 * A thread of the WASM backend ended before its part was done. Living tensors are as they were; the backend goes on
 * with one thread.
 */
export class ThreadError extends Error {
  readonly _tag = 'ThreadEnded'
  /** Which thread: 1 and up, as the calling thread is 0. */
  readonly index: number
  constructor(index: number, cause: string) {
    super(
      `thread ${index} of the WASM backend ended: ${cause}; repeat the step, on one thread, or start the program again`,
    )
    this.name = 'ThreadError'
    this.index = index
  }
}

/**
 * The code of a kernel failed (a WebAssembly trap); `cause` holds the trap. After a failure of a routine of ours the
 * heap may be damaged, and every later call of a routine throws this error again.
 */
export class KernelError extends Error {
  readonly _tag = 'KernelFailed'
  readonly kernel: string
  /** The thread that failed; 0 is the calling one. */
  readonly thread: number
  constructor({ kernel, thread = 0 }: { readonly kernel: string; readonly thread?: number }, cause: unknown) {
    super(
      `the WASM kernel ${kernel} failed on thread ${thread}, and memory may be damaged: start the program again, from the last checkpoint`,
      { cause },
    )
    this.name = 'KernelError'
    this.kernel = kernel
    this.thread = thread
  }
}
