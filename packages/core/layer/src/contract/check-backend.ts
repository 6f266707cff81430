import { engine } from '@tensorflow/tfjs-core'

/** No backend of TensorFlow.js is ready, so that no tensor can be made. */
export class NoBackendError extends Error {
  readonly _tag = 'NoBackendError'
  constructor(caller: string, cause: unknown) {
    super(
      `${caller}: no backend of TensorFlow.js is ready; call \`await useBackend('auto')\` of @resfn/runtime first, or import '@tensorflow/tfjs-backend-cpu' (${cause instanceof Error ? cause.message : String(cause)})`,
      { cause },
    )
    this.name = 'NoBackendError'
  }
}

/**
 * Throws unless a backend of TensorFlow.js is ready, or starts at once.
 *
 * @param caller the function that is about to make tensors, for the message
 * @throws NoBackendError
 */
export const checkBackend = (caller: string): void => {
  try {
    void engine().backend
  } catch (error) {
    throw new NoBackendError(caller, error)
  }
}
