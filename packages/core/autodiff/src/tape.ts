import { engine } from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/** A kernel that ran while tfjs recorded, as it stands on the tape. */
export type Node = {
  readonly kernelName: string
  readonly inputs: { readonly [name: string]: Tensor | undefined }
  readonly outputs: readonly Tensor[]
  readonly saved?: readonly Tensor[]
  readonly gradient?: (dys: Tensor[]) => { readonly [input: string]: () => Tensor }
}

/** What a function returned, and the kernels that it ran, in order. */
export type Recording<T> = { readonly result: T; readonly nodes: readonly Node[] }

/** Runs `f` while tfjs records its kernels on the tape. If `f` throws, the tensors that the tape saved are freed. */
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

/**
 * Frees the tensors that a kernel saved for its gradient. Inside an outer differentiation they stay, because that one
 * needs and frees them.
 */
export const release = ({ saved }: Node): void => {
  if (engine().state.gradientDepth === 0) saved?.forEach((tensor) => tensor.dispose())
}

/**
 * Makes this node the whole tape, because gradients look up the shapes of their inputs there. (Inside an outer
 * differentiation the node is on the tape already.)
 */
export const showNode = (node: Node): void => {
  const { state } = engine()
  if (state.gradientDepth === 0) state.activeTape = [node] as unknown as typeof state.activeTape
}

/** Empties the tape. (Inside an outer differentiation it stays as it is.) */
export const clearTape = (): void => {
  const { state } = engine()
  if (state.gradientDepth === 0) state.activeTape = []
}
