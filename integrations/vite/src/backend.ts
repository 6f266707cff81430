// The backend, chosen at run time. Each is in a file of its own, which the browser fetches when it is tried.
import { type Chosen, chooseBackend } from '@resfn/runtime'
import { either as E } from 'fp-ts'

/** `auto`, `webgl`, `webgpu`, `wasm` or `cpu`. */
export const startBackend = async (choice: string): Promise<Chosen> => {
  const chosen = await chooseBackend(choice)()
  if (E.isLeft(chosen)) throw chosen.left
  return chosen.right
}
