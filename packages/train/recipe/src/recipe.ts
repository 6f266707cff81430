/** How a net is trained, as plain data. Rates are those at the given batch size. */
export type Recipe = {
  /** The name of the net, as in `nets` of `@resfn/archs`. */
  readonly net: string
  /** Passes over the training images. */
  readonly epochs: number
  readonly batch: number
  readonly optimiser: 'sgd' | 'adam' | 'adamw' | 'lamb'
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
  /** Softmax cross-entropy, or the binary one of each class by itself. */
  readonly loss: 'cross-entropy' | 'binary'
  /** Weigh the classes so that all count alike, however many images each has. */
  readonly balance: boolean
  /** The smallest share of the area that Inception's random crop takes, from 0 to 1; 0 for none. */
  readonly scale: number
  /** Timm's configuration of RandAugment, such as `rand-m9-mstd0.5`; empty for none. */
  readonly randAugment: string
  /** The strength of the jitter of colours; 0 for none. */
  readonly colourJitter: number
  /** How likely a rectangle of an image is erased, from 0 to 1. */
  readonly erasing: number
  /** Mixup's alpha; 0 for none. */
  readonly mixup: number
  /** Cutmix's alpha; 0 for none. */
  readonly cutmix: number
  /** Images that go through the net at once, where a batch is done in parts; 0 for all. */
  readonly microBatch: number
  /** Training ends after so many epochs without a better test accuracy; 0 for never. */
  readonly patience: number
  /** Parts of the net that do not learn, such as `stem,layer1..2`; empty for none. */
  readonly freeze: string
  /** Factors of the learning rate by parts, such as `stem,layer1=0.1;fc=10`; empty for none. */
  readonly rates: string
  /** How much of the moving average of the weights stays at each step, below 1; 0 for no average. */
  readonly ema: number
  /** The share of a teacher in the loss, from 0 to 1, where there is one. */
  readonly distillation: number
  /** How much softer the distributions of the teacher and the net are made, above 0. */
  readonly temperature: number
}

/** The fields of a recipe that a recipe may leave out. */
export type Extras = Pick<
  Recipe,
  | 'loss'
  | 'balance'
  | 'scale'
  | 'randAugment'
  | 'colourJitter'
  | 'erasing'
  | 'mixup'
  | 'cutmix'
  | 'microBatch'
  | 'patience'
  | 'freeze'
  | 'rates'
  | 'ema'
  | 'distillation'
  | 'temperature'
>
