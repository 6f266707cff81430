import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl'
import { backend, env, findBackendFactory, setBackend } from '@tensorflow/tfjs-core'
import { overlayKernels } from '@resfn/overlay'
import { type ContextLostError, guardContext } from './context-loss.ts'
import { openDevice } from './device.ts'
import { kernels } from './kernels.ts'

/** There is no WebGL here, or none that tfjs can compute with. */
export class NoWebglError extends Error {
  readonly _tag = 'NoWebgl'
  constructor(message: string) {
    super(message)
    this.name = 'NoWebglError'
  }
}

/** What `useWebgl` set up. */
export type WebglReport = {
  readonly backend: 'webgl'
  /** What WebGL calls its renderer; browsers may leave it vague. */
  readonly name: string
  /** Whether the renderer computes on the CPU: slower than WASM, and right to test with. */
  readonly software: boolean
  /** Names of the kernels that are ours; none on WebGL 1. */
  readonly kernels: readonly string[]
  /** What is slow, and what to do; mostly empty. */
  readonly warnings: readonly string[]
  /**
   * Resolves when the browser takes the context away, and not before; from then on kernels and reads throw that error.
   */
  readonly lost: Promise<ContextLostError>
}

const rendererOf = ({ gpgpu: { gl } }: MathBackendWebGL): string => {
  const extension = gl.getExtension('WEBGL_debug_renderer_info')
  return String(gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER))
}

const open = (self: MathBackendWebGL): WebglReport => {
  const { whenLost, lost } = guardContext(self)
  const name = rendererOf(self)
  const software = /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name)
  // Our programs read single texels and write several textures at once, which WebGL 1 cannot.
  const able = env().getNumber('WEBGL_VERSION') === 2
  const { kernelNames } = overlayKernels('webgl', openDevice(self, lost), able ? kernels : {})
  return {
    backend: 'webgl',
    name,
    software,
    kernels: kernelNames,
    warnings: [
      ...(software
        ? [`${name} computes on the CPU, slower than WASM: use wasm, or install the driver of the GPU`]
        : []),
      ...(able ? [] : ['there is WebGL 1 alone, on which the kernels of tfjs run: training is slow']),
    ],
    lost: whenLost,
  }
}

const opened = new WeakMap<object, WebglReport>()

/**
 * Starts the tfjs backend 'webgl', makes it current, and registers our kernels on it, in a browser. Called again, it
 * keeps the context and its tensors.
 *
 * Tensors are best read with `await tensor.data()`: `dataSync` stops the page until the GPU is done.
 *
 * @returns what was set up: the name of the renderer, and whether it is a GPU
 * @throws NoWebglError if there is no WebGL here
 * @example
 * ```ts
 * import { NoWebglError, useWebgl } from '@resfn/webgl'
 *
 * try {
 *   const { name, software } = await useWebgl()
 *   console.log(name, software)
 * } catch (error) {
 *   if (!(error instanceof NoWebglError)) throw error
 *   console.log(error.message)
 * }
 * ```
 */
export const useWebgl = async (): Promise<WebglReport> => {
  await import('@tensorflow/tfjs-backend-webgl')
  if (findBackendFactory('webgl') === null) throw new NoWebglError('WebGL runs in browsers alone')
  if (!(await setBackend('webgl'))) throw new NoWebglError('the browser gives no WebGL, or none that renders floats')
  const self = backend() as MathBackendWebGL
  const report = opened.get(self) ?? open(self)
  opened.set(self, report)
  return report
}
