import { engine } from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/** A kernel that ran while the tape was on, as tfjs writes it down. */
export type Node = {
  readonly kernelName: string
  readonly inputs: { readonly [name: string]: Tensor | undefined }
  readonly outputs: readonly Tensor[]
  readonly saved?: readonly Tensor[]
  readonly gradient?: (dys: Tensor[]) => { readonly [input: string]: () => Tensor }
}

/** What a function returned, and the kernels it ran. */
export type Recording<T> = { readonly result: T; readonly nodes: readonly Node[] }

/** Runs `f` with the tape of tfjs on. If it throws, what the tape saved is freed. */
export const record = <T>(f: () => T): Recording<T> => {
  const { state } = engine()
  if (state.gradientDepth === 0) state.activeTape = []
  const start = state.activeTape.length
  const written = (): readonly Node[] => state.activeTape.slice(start) as readonly Node[]
  state.gradientDepth++
  let result: T
  try {
    result = f()
  } catch (error) {
    state.gradientDepth--
    written().forEach(release)
    throw error
  }
  state.gradientDepth--
  return { result, nodes: written() }
}

/** Frees what a kernel saved for its gradient; inside a surrounding differentiation that one still needs it, and frees it. */
export const release = ({ saved }: Node): void => {
  if (engine().state.gradientDepth === 0) saved?.forEach((tensor) => tensor.dispose())
}

/** Puts the tape to the kernel whose gradient comes next, where gradients look up the shapes of the inputs; a surrounding tape has it already. */
export const rewind = (node: Node): void => {
  const { state } = engine()
  if (state.gradientDepth === 0) state.activeTape = [node] as unknown as typeof state.activeTape
}

/** Lets go of the tape. */
export const forget = (): void => {
  const { state } = engine()
  if (state.gradientDepth === 0) state.activeTape = []
}
