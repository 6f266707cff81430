import { add, backend, env, getBackend, tidy, type TensorContainer } from '@tensorflow/tfjs-core'

/** How far the programs of a GPU are compiled. */
export type WarmUpProgress = { readonly compiled: number; readonly programs: number }

/** What a warm-up did: programs that were compiled side by side, and the milliseconds of all of it. */
export type WarmedUp = { readonly programs: number; readonly milliseconds: number }

/** Settings of `warmUp`. */
export type WarmUpOptions = {
  /** Is told of each program that is compiled. */
  readonly onProgress?: (progress: WarmUpProgress) => void
}

/** A computation that compiles and does not compute; what it began, and how it ends. */
type Compiler = {
  readonly flag: string
  /** Runs the computation, and gives one promise for each program that it began to compile. */
  readonly begin: (compute: () => void) => readonly Promise<unknown>[]
  /** What the backend has to be told when all are compiled. */
  readonly end: () => Promise<void>
}

type WebgpuBackend = {
  readonly device: { createComputePipelineAsync: (descriptor: object) => Promise<unknown> }
  readonly checkCompileCompletionAsync: () => Promise<void>
}

/** WebGPU compiles asynchronously what it is asked for, programs of tfjs and of resfn alike. */
const webgpu = (self: WebgpuBackend): Compiler => ({
  flag: 'WEBGPU_ENGINE_COMPILE_ONLY',
  begin: (compute) => {
    const { device } = self
    const begun: Promise<unknown>[] = []
    const create = device.createComputePipelineAsync
    device.createComputePipelineAsync = (descriptor) => {
      const pipeline = create.call(device, descriptor)
      begun.push(pipeline)
      return pipeline
    }
    try {
      compute()
    } finally {
      device.createComputePipelineAsync = create
    }
    return begun
  },
  end: () => self.checkCompileCompletionAsync(),
})

type Binary = { readonly webGLProgram: WebGLProgram }
type WebglBackend = {
  readonly binaryCache: { readonly [key: string]: Binary }
  readonly gpgpu: {
    readonly gl: WebGL2RenderingContext
    readonly parallelCompilationExtension?: { readonly COMPLETION_STATUS_KHR: number }
  }
  readonly checkCompileCompletionAsync: () => Promise<unknown>
  readonly getUniformLocations: () => void
}

/** WebGL links programs side by side where it has KHR_parallel_shader_compile, and is asked whether each is done. */
const webgl = (self: WebglBackend): Compiler => {
  const { gl, parallelCompilationExtension: parallel } = self.gpgpu
  const linked = async ({ webGLProgram }: Binary): Promise<void> => {
    while (parallel !== undefined && !gl.getProgramParameter(webGLProgram, parallel.COMPLETION_STATUS_KHR))
      await new Promise((resolve) => setTimeout(resolve, 4))
  }
  return {
    flag: 'ENGINE_COMPILE_ONLY',
    begin: (compute) => {
      const before = new Set(Object.keys(self.binaryCache))
      compute()
      return Object.entries(self.binaryCache)
        .filter(([key]) => !before.has(key))
        .map(([, binary]) => linked(binary))
    },
    end: async () => {
      await self.checkCompileCompletionAsync()
      self.getUniformLocations()
    },
  }
}

const compilers: { readonly [backend: string]: (self: never) => Compiler } = { webgpu, webgl }

/** Compiles what a computation needs, side by side. */
const compile = async (
  { flag, begin, end }: Compiler,
  compute: () => void,
  tell: (progress: WarmUpProgress) => void,
): Promise<number> => {
  const before = env().getBool(flag)
  let begun: readonly Promise<unknown>[] = []
  env().set(flag, true)
  try {
    begun = begin(compute)
  } finally {
    env().set(flag, before)
    // What was begun must end before anything else runs, also where the computation threw.
    let compiled = 0
    const programs = begun.length
    await Promise.allSettled(begun.map((program) => program.then(() => tell({ compiled: ++compiled, programs }))))
    await end()
  }
  return begun.length
}

/**
 * Compiles the programs of a computation before they are needed: on WebGL and WebGPU all of them side by side, where
 * the first use would compile one after the other. Then it computes once and waits for the device, which on every
 * backend makes what is made at the first use (buffers, textures, packed filters).
 *
 * Nothing else may run on the backend until the promise resolves.
 *
 * @param compute what will run later, on inputs of the same shapes: `net.apply` for inference, a step for training. It
 *   must be pure, must not be asynchronous and must not read a tensor; it runs twice where there are programs to compile
 * @param options `onProgress` is told of each program that is compiled
 * @returns how many programs were compiled side by side, and the milliseconds of it all
 * @throws what the computation throws, and what the GPU refuses to compile
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resnet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { useBackend, warmUp } from '@resfn/runtime'
 * import * as tf from '@tensorflow/tfjs-core'
 *
 * await useBackend('wasm', { report: () => {} })
 * const net = resnet({ depth: 18, classes: 10 })
 * const { params, state } = init(net, key(0), [32, 32, 3])
 * const { programs } = await warmUp(() => net.apply(params, tf.zeros([1, 32, 32, 3]), state))
 * assert.equal(programs, 0) // WASM has no programs to compile
 * ```
 */
export const warmUp = async (
  compute: () => TensorContainer,
  { onProgress = () => undefined }: WarmUpOptions = {},
): Promise<WarmedUp> => {
  const started = performance.now()
  const compiler = compilers[getBackend()]?.(backend() as never)
  const once = (): void => void tidy(() => void compute())
  const programs = compiler === undefined ? 0 : await compile(compiler, once, onProgress)
  once()
  const last = tidy(() => add(0, 1))
  // A device is done when something is read from it.
  await last.data()
  last.dispose()
  return { programs, milliseconds: performance.now() - started }
}
