/** Logits and labels do not fit each other, or are not what a loss or a metric takes. */
export class LossError extends Error {
  readonly _tag = 'LossError'
  constructor(message: string) {
    super(message)
    this.name = 'LossError'
  }
}
