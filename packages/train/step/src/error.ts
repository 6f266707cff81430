/**
 * The loss or the gradients of a step are NaN or infinite. The run from before the step is in the checkpoint event that
 * came before.
 */
export class NotFiniteError extends Error {
  readonly _tag = 'NotFiniteError'
  /** Counted from 1, as in step events. */
  readonly step: number
  readonly loss: number
  readonly gradientNorm: number
  constructor({
    step,
    loss,
    gradientNorm,
    learningRate,
  }: {
    readonly step: number
    readonly loss: number
    readonly gradientNorm: number
    readonly learningRate: number
  }) {
    super(
      `step ${step}: the loss is ${loss} and the norm of the gradients ${gradientNorm} at learning rate ${learningRate}; ` +
        'take a smaller learning rate or a longer warm-up, clip the gradients (clipByGlobalNorm), and check that the images are finite and normalised',
    )
    this.name = 'NotFiniteError'
    this.step = step
    this.loss = loss
    this.gradientNorm = gradientNorm
  }
}

/** A batch does not fit the net, the parameters, or itself. */
export class BatchError extends Error {
  readonly _tag = 'BatchError'
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'BatchError'
  }
}

/** A run cannot be trained: a tensor of it is missing, disposed, or of another net. */
export class RunError extends Error {
  readonly _tag = 'RunError'
  /** Of the tensor, such as `params.fc.weight`; empty where it is the run itself. */
  readonly path: string
  constructor(path: string, message: string) {
    super(`${path === '' ? 'the run' : path}: ${message}`)
    this.name = 'RunError'
    this.path = path
  }
}
