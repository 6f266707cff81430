// @ts-check
// What is run, as plain data: every engine builds these nets in its own way, and the parameter counts must agree.

// Nets by name, which only resfn and PyTorch have: timm's, torchvision's, or those of parity/reference.
const published = {
  ...Object.fromEntries(
    ['resnet18', 'resnet50', 'resnext50_32x4d', 'seresnet50', 'densenet121', 'resnest50d', 'resnetv2_50'].flatMap(
      (net) =>
        [1, 8].map((batch) => [
          `${net}/${batch}`,
          { net, task: 'predict', input: [224, 224, 3], classes: 1000, batch },
        ]),
    ),
  ),
  ...Object.fromEntries(
    [
      { net: 'cifar-resnext29_32x4d' },
      { net: 'cifar-densenet-bc100-12', peakMb: 3072 },
      { net: 'cifar-seresnet20' },
    ].map((row) => [`${row.net}/64`, { ...row, task: 'train', input: [32, 32, 3], classes: 10, batch: 64 }]),
  ),
}

/** No more memory than that may a process take at its peak, unless its net says otherwise. */
export const peakMb = 2048

/** The nets that are built from their names. */
export const publishedNets = Object.keys(published)

/**
 * `stages`: channels and blocks; the first block of a stage halves the size, but in the first stage. Names end with the
 * batch where there are several.
 */
export const nets = {
  ...published,
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
