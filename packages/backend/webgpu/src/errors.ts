/** There is no WebGPU here, or no GPU behind it. */
export class NoGpuError extends Error {
  readonly _tag = 'NoGpu'
  constructor(message: string) {
    super(message)
    this.name = 'NoGpuError'
  }
}

/**
 * The GPU is gone: its driver was reset or replaced, or the browser took it away. Tensors on it are lost; go on from
 * the last checkpoint, on a new device or another backend.
 */
export class DeviceLostError extends Error {
  readonly _tag = 'DeviceLost'
  /** What WebGPU calls it: 'destroyed' where the program itself ended the device, else 'unknown'. */
  readonly reason: string
  constructor({ reason, message }: { readonly reason: string; readonly message: string }) {
    super(
      `the GPU is lost (${reason}${message === '' ? '' : `: ${message}`}); its tensors are gone, so go on from the last checkpoint`,
    )
    this.name = 'DeviceLostError'
    this.reason = reason
  }
}

/** The GPU refused an earlier command, so what is read now is wrong: its memory ran out, or a kernel has a fault. */
export class DeviceError extends Error {
  readonly _tag: 'OutOfMemory' | 'KernelFailed'
  constructor(tag: DeviceError['_tag'], message: string) {
    super(
      tag === 'OutOfMemory'
        ? `the GPU is out of memory: ${message}; use smaller batches or images, or dispose tensors`
        : `the GPU refused a command: ${message}`,
    )
    this.name = 'DeviceError'
    this._tag = tag
  }
}
