// The backend, chosen at run time. Each is in a file of its own, which the browser fetches when it is tried.
import { type Chosen, chooseBackend } from '@resfn/runtime'
import { either as E } from 'fp-ts'

/** `auto`, `webgl`, `webgpu`, `wasm` or `cpu`. */
export const startBackend = async (choice: string): Promise<Chosen> => {
  // The one that resfn does not load by itself: tfjs looks for a device as soon as it is imported.
  if (choice === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
  const chosen = await chooseBackend(choice)()
  if (E.isLeft(chosen)) throw chosen.left
  return chosen.right
}
