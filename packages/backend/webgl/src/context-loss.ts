import type { KernelBackend } from '@tensorflow/tfjs-core'

/** The browser took the context of WebGL away, and the tensors on it; go on from the last checkpoint. */
export class ContextLostError extends Error {
  readonly _tag = 'DeviceLost'
  constructor() {
    super('the context of WebGL is lost; its tensors are gone, so go on from the last checkpoint')
    this.name = 'ContextLostError'
  }
}

/** What of the backend of WebGL tells that its context is lost. */
export type WithContext = KernelBackend & {
  /** All kernels of tfjs run their programs by it. */
  runWebGLProgram: (...args: never) => unknown
  readonly gpgpu: {
    readonly gl: { readonly canvas: EventTarget; readonly isContextLost: () => boolean }
  }
}

/**
 * Makes all reads and programs of a WebGL backend throw once its context is lost. Without it reads give zeros, or never
 * end, because WebGL ignores all commands from then on, and what is to be compiled fails for another reason.
 *
 * @returns a promise of the loss, and the error of a context that is lost already
 */
export const guardContext = (
  backend: WithContext,
): { readonly whenLost: Promise<ContextLostError>; readonly lost: () => ContextLostError | undefined } => {
  const { gl } = backend.gpgpu
  const read = backend.read.bind(backend)
  const error = new ContextLostError()
  const whenLost = new Promise<ContextLostError>((resolve) =>
    gl.canvas.addEventListener('webglcontextlost', () => resolve(error), { once: true }),
  )
  const lost = (): ContextLostError | undefined => (gl.isContextLost() ? error : undefined)
  backend.read = async (data) => {
    const values = await Promise.race([whenLost, read(data)])
    if (values === error || gl.isContextLost()) throw error
    return values as Awaited<ReturnType<typeof read>>
  }
  const run = backend.runWebGLProgram.bind(backend)
  backend.runWebGLProgram = (...args) => {
    if (gl.isContextLost()) throw error
    return run(...args)
  }
  return { whenLost, lost }
}
