// @ts-check
// What is trained, as plain data: every engine builds these nets in its own way, and the parameter counts must agree.

/** `stages`: channels and blocks; the first block of a stage halves the size, but in the first stage. */
export const nets = {
  'cifar-resnet8': {
    family: 'cifar',
    input: [28, 28, 1],
    classes: 10,
    batch: 64,
    stages: [
      [16, 1],
      [32, 1],
      [64, 1],
    ],
  },
  'cifar-resnet20': {
    family: 'cifar',
    input: [28, 28, 1],
    classes: 10,
    batch: 64,
    stages: [
      [16, 3],
      [32, 3],
      [64, 3],
    ],
  },
  'd2l-resnet18': {
    family: 'd2l',
    input: [96, 96, 1],
    classes: 10,
    batch: 32,
    stages: [
      [64, 2],
      [128, 2],
      [256, 2],
      [512, 2],
    ],
  },
}

export const learningRate = 0.01
export const momentum = 0.9

/**
 * The same batch at every step, so that the loss must fall: one smooth pattern a class, and noise of a linear
 * generator.
 *
 * @param {{ readonly input: readonly number[], readonly classes: number }} net
 * @param {number} batch
 */
export const examples = ({ input, classes }, batch) => {
  const [height, width, channels] = /** @type {[number, number, number]} */ (input)
  let seed = 1
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32 - 0.5
  }
  const labels = Int32Array.from({ length: batch }, (_, i) => i % classes)
  const size = height * width * channels
  const images = Float32Array.from({ length: batch * size }, (_, i) => {
    const [label, row, column] = [
      labels[Math.floor(i / size)],
      Math.floor((i % size) / (width * channels)),
      Math.floor((i % (width * channels)) / channels),
    ]
    return Math.sin(((label + 1) * row) / height + label) + Math.cos(((classes - label) * column) / width) + noise()
  })
  return { images, labels, shape: [batch, height, width, channels] }
}
