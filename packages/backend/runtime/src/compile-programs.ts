import { backend, env, getBackend, tidy, type TensorContainer } from '@tensorflow/tfjs-core'

/** How far the programs of a GPU are compiled. */
export type WarmUpProgress = { readonly compiled: number; readonly programs: number }

/** Settings of `compilePrograms` and `warmUp`. */
export type WarmUpOptions = {
  /** Is told how many programs there are, and of each one that is compiled. */
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
    if (programs > 0) tell({ compiled, programs })
    await Promise.allSettled(begun.map((program) => program.then(() => tell({ compiled: ++compiled, programs }))))
    await end()
  }
  return begun.length
}

/**
 * Compiles the programs that a computation needs on WebGL and WebGPU, all of them side by side, where the first use
 * would compile one after the other. It computes nothing; other backends have no programs, and there nothing is done.
 *
 * Nothing else may run on the backend until the promise resolves.
 *
 * @param compute what will run later, on inputs of the same shapes: `net.apply` for inference, a step for training. It
 *   must be pure, must not be asynchronous and must not read a tensor
 * @param options `onProgress` is told of the programs
 * @returns how many programs were compiled
 * @throws what the computation throws, and what the GPU refuses to compile
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { square, zeros } from '@tensorflow/tfjs-core'
 * import { compilePrograms, useBackend } from '@resfn/runtime'
 *
 * await useBackend('cpu', { report: () => {} })
 * assert.equal(await compilePrograms(() => square(zeros([1, 32, 32, 3]))), 0)
 * ```
 */
export const compilePrograms = async (
  compute: () => TensorContainer,
  { onProgress = () => undefined }: WarmUpOptions = {},
): Promise<number> => {
  const compiler = compilers[getBackend()]?.(backend() as never)
  return compiler === undefined ? 0 : compile(compiler, () => void tidy(() => void compute()), onProgress)
}
