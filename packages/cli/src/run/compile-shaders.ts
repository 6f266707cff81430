import { compilePrograms } from '@resfn/runtime'
import type { TensorContainer } from '@tensorflow/tfjs-core'
import type { Context } from '../context/context.ts'

/** Compiles what a computation needs on a GPU, before it waits for it; tells how far that is on a terminal. */
export const compileShaders = async ({ live }: Context, compute: () => TensorContainer): Promise<void> => {
  await compilePrograms(compute, {
    onProgress: ({ compiled, programs }) => live?.show(`compiling shaders ${compiled}/${programs}`),
  })
}
