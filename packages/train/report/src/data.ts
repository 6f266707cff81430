/** A name and a value, as the page shows them. */
export type Fact = { readonly name: string; readonly value: string }

/** What one epoch ended with. Accuracies are from 0 to 1, losses in nats. */
export type Epoch = {
  /** Epochs finished, from 1. */
  readonly epoch: number
  readonly trainLoss: number
  readonly trainAccuracy: number
  readonly testLoss: number
  readonly testAccuracy: number
  readonly seconds: number
}

/** What one optimiser step did. */
export type Step = {
  /** Where it was in the run, in epochs: 1.5 is half way through the second one. */
  readonly epoch: number
  readonly loss: number
  readonly learningRate: number
  /** The norm of all gradients together. */
  readonly gradientNorm?: number
}

/** One image as bytes: `height * width * channels` of them, row by row; one channel is grey, three are RGB. */
export type Image = {
  readonly pixels: Uint8Array
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/** A test image and what the net says of it. */
export type Sample = {
  /** Its place in the test set. */
  readonly index: number
  readonly image: Image
  /** The image with a map over it of what counted for what the net says, such as one of Grad-CAM. */
  readonly seen?: Image
  /** What it is, and what the net says: indices into `classes`. */
  readonly label: number
  readonly predicted: number
  /** How sure the net is of what it says, from 0 to 1. */
  readonly probability: number
}

/** A layer of the net, or a group of layers. */
export type NetRow = {
  /** Its name in the tree of parameters: `layer1.0.conv1`. */
  readonly path: string
  readonly kind: string
  /** The shape of its output for one sample. */
  readonly output: readonly number[]
  readonly params: number
  /** Multiply-adds for one sample. */
  readonly macs: number
}

/** All that a report shows: plain data, no tensor. */
export type ReportData = {
  /** The heading: `ResNet-8 on Fashion-MNIST`. */
  readonly title: string
  /** The line under the heading. */
  readonly subtitle?: string
  /** What a reader must know before the numbers: the loss diverged, the run went on on another engine. */
  readonly warnings?: readonly string[]
  /** The numbers that matter most, shown large: test accuracy, parameters, time. */
  readonly headline: readonly Fact[]
  /** The command that repeats the run. */
  readonly command?: string
  /** What the run was asked to do: batch, learning rate, seed. */
  readonly settings?: readonly Fact[]
  /** Everything else worth knowing: data, backend, machine, versions. */
  readonly facts: readonly Fact[]
  readonly epochs: readonly Epoch[]
  /** The steps, or some of them, in order; without them the page has no curves of learning rate and gradient norm. */
  readonly steps?: readonly Step[]
  /** The names of the classes. */
  readonly classes: readonly string[]
  /** `confusion[label][predicted]`: how many test images of each class the net took for each class. */
  readonly confusion: readonly (readonly number[])[]
  /** The net, layer by layer. */
  readonly net?: readonly NetRow[]
  /** Some test images, right and wrong. */
  readonly samples?: readonly Sample[]
  /** Shown in the given order, which should be the most confident first. */
  readonly mistakes: readonly Sample[]
}
