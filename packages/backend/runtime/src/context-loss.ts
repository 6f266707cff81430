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
  readonly gpgpu: {
    readonly gl: { readonly canvas: EventTarget; readonly isContextLost: () => boolean }
  }
}

const guarded = new WeakSet<KernelBackend>()

/**
 * Makes all reads of a WebGL backend throw once its context is lost. Without it they give zeros, or never end, because
 * WebGL ignores all commands from then on.
 */
export const guardContext = (backend: WithContext): void => {
  if (guarded.has(backend)) return
  guarded.add(backend)
  const { gl } = backend.gpgpu
  const read = backend.read.bind(backend)
  const lost = new Promise<never>((_, reject) =>
    gl.canvas.addEventListener('webglcontextlost', () => reject(new ContextLostError()), { once: true }),
  )
  lost.catch(() => {})
  backend.read = async (data) => {
    const values = await Promise.race([lost, read(data)])
    if (gl.isContextLost()) throw new ContextLostError()
    return values
  }
}
