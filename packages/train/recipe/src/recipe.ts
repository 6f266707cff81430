/** How a net is trained, as plain data. Rates are those at the given batch size. */
export type Recipe = {
  /** The name of the net, as in `nets` of `@resfn/archs`. */
  readonly net: string
  /** Passes over the training images. */
  readonly epochs: number
  readonly batch: number
  readonly optimiser: 'sgd' | 'adam'
  /** The highest learning rate. */
  readonly lr: number
  readonly schedule: 'constant' | 'cosine' | 'milestones' | 'one-cycle'
  /** The momentum of SGD, from 0 and below 1. */
  readonly momentum: number
  /** Nesterov's form of the momentum; it needs a momentum above 0. */
  readonly nesterov: boolean
  /** A penalty on all weights but biases and those of batch normalisation. */
  readonly weightDecay: number
  /** The share of a label that is spread over all classes, from 0 to 1. */
  readonly smoothing: number
  /** Side in pixels that the images are resized to; 0 leaves them. */
  readonly resize: number
  /** Mirror half of the images. */
  readonly flip: boolean
  /** Pixels of padding for random crops; 0 for none. */
  readonly crop: number
  /** Shift and scale the images by the mean and deviation of the data set. */
  readonly normalise: boolean
}
