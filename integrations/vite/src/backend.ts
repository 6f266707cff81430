// The backend, chosen at run time. Each is in a file of its own, which the browser fetches when it is tried.
import { type Chosen, chooseBackend } from '@resfn/runtime'
import wasm from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url'
import threaded from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url'
import { either as E } from 'fp-ts'

const wasmPaths = {
  'tfjs-backend-wasm.wasm': wasm,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
}

/** `auto`, `webgl`, `webgpu`, `wasm` or `cpu`. */
export const startBackend = async (choice: string): Promise<Chosen> => {
  // The one that resfn does not load by itself: tfjs looks for a device as soon as it is imported.
  if (choice === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
  const chosen = await chooseBackend(choice, { wasmPaths })()
  if (E.isLeft(chosen)) throw chosen.left
  return chosen.right
}
