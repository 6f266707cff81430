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
}

/** One image as bytes: `height * width * channels` of them, row by row; one channel is grey, three are RGB. */
export type Image = {
  readonly pixels: Uint8Array
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/** An image that the net took for something else. */
export type Mistake = {
  /** Its place in the test set. */
  readonly index: number
  readonly image: Image
  /** What it is, and what the net says: indices into `classes`. */
  readonly label: number
  readonly predicted: number
  /** How sure the net is of what it says, from 0 to 1. */
  readonly probability: number
}

/** All that a report shows: plain data, no tensor. */
export type Run = {
  /** The heading: `ResNet-8 on Fashion-MNIST`. */
  readonly title: string
  /** The line under the heading. */
  readonly subtitle?: string
  /** The numbers that matter most, shown large: test accuracy, parameters, time. */
  readonly headline: readonly Fact[]
  /** Everything else worth knowing: preset, backend, machine, seed, versions. */
  readonly facts: readonly Fact[]
  readonly epochs: readonly Epoch[]
  /** The steps, or some of them, in order; without them the page has no learning-rate curve. */
  readonly steps?: readonly Step[]
  /** The names of the classes. */
  readonly classes: readonly string[]
  /** `confusion[label][predicted]`: how many test images of each class the net took for each class. */
  readonly confusion: readonly (readonly number[])[]
  /** Shown in the given order, which should be the most confident first. */
  readonly mistakes: readonly Mistake[]
}
