// @ts-check
// The same nets in tf.layers, with its own loss, optimiser and `trainOnBatch`. Padding is 'same', as tf.layers has no
// other.
import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import { learningRate, momentum } from '../nets.mjs'

/** Zero channels up to `out`: tf.layers pads only rows and columns. */
class PadChannels extends layers.layers.Layer {
  static className = 'PadChannels'
  constructor(config) {
    super(config)
    this.out = config.out
  }
  /** @override */
  computeOutputShape([batch, height, width]) {
    return [batch, height, width, this.out]
  }
  /** @override */
  call(inputs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs
    return tf.pad(x, [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, this.out - x.shape[3]],
    ])
  }
}

const { conv2d, batchNormalization, activation, add, averagePooling2d, maxPooling2d, globalAveragePooling2d, dense } =
  layers.layers

const relu = (x) => activation({ activation: 'relu' }).apply(x)

const families = {
  cifar: {
    conv: (x, out, size, strides) =>
      conv2d({
        filters: out,
        kernelSize: size,
        strides,
        padding: 'same',
        useBias: false,
        kernelInitializer: 'heNormal',
      }).apply(x),
    shortcut: (x, out, strides) => new PadChannels({ out }).apply(averagePooling2d({ poolSize: 1, strides }).apply(x)),
    stem: { out: 16, size: 3, strides: 1 },
  },
  d2l: {
    conv: (x, out, size, strides) =>
      conv2d({ filters: out, kernelSize: size, strides, padding: 'same', kernelInitializer: 'glorotUniform' }).apply(x),
    shortcut: (x, out, strides) => families.d2l.conv(x, out, 1, strides),
    stem: { out: 64, size: 7, strides: 2 },
  },
}

const convBn = ({ conv }, ...args) => batchNormalization({ momentum: 0.9, epsilon: 1e-5 }).apply(conv(...args))

const model = ({ family: name, input, classes, stages }) => {
  const family = families[name]
  const images = layers.input({ shape: input })
  const { out, size, strides } = family.stem
  let x = relu(convBn(family, images, out, size, strides))
  if (name === 'd2l') x = maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(x)
  for (const [index, [width, blocks]] of stages.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = index > 0 && block === 0 ? 2 : 1
      const branch = convBn(family, relu(convBn(family, x, width, 3, stride)), width, 3, 1)
      x = relu(add().apply([branch, stride === 1 ? x : family.shortcut(x, width, stride)]))
    }
  }
  const probabilities = /** @type {layers.SymbolicTensor} */ (
    dense({ units: classes, activation: 'softmax' }).apply(globalAveragePooling2d({}).apply(x))
  )
  return layers.model({ inputs: images, outputs: probabilities })
}

const backends = {
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu')
    await tf.setBackend('cpu')
  },
  wasm: async () => {
    await import('@tensorflow/tfjs-backend-wasm')
    await tf.setBackend('wasm')
  },
  /** The kernels of tfjs-node as they come: an overlay of nothing takes ours away. */
  native: async (threads) => {
    const { useNative } = await import('@resfn/native')
    const { backend } = await useNative({ threads })
    const { overlayKernels } = await import('@resfn/overlay')
    overlayKernels(backend, { backend: tf.backend() }, {}).undo()
  },
  '@resfn/wasm': async (threads) => {
    const { useWasm } = await import('@resfn/wasm')
    await useWasm({ threads })
  },
}

export const start = async ({ net, backend, threads, examples: { images, labels, shape } }) => {
  await backends[backend](threads)
  const name = { native: 'tensorflow', '@resfn/wasm': 'wasm' }[backend] ?? backend
  if (tf.getBackend() !== name) throw new Error(`wanted the backend ${name}, got ${tf.getBackend()}`)
  const net_ = model(net)
  net_.compile({ optimizer: tf.train.momentum(learningRate, momentum), loss: 'categoricalCrossentropy' })
  const step = async () => {
    const [x, y] = [tf.tensor4d(images, shape), tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), net.classes))]
    const loss = await net_.trainOnBatch(x, y)
    tf.dispose([x, y])
    return loss
  }
  return {
    step,
    version: `tfjs ${tf.version_core}`,
    params: net_.trainableWeights.reduce(
      (sum, { shape: weight }) => sum + tf.util.sizeFromShape(/** @type {number[]} */ (weight)),
      0,
    ),
    memory: () => ({
      tensors: tf.memory().numTensors,
      ...(name === 'wasm' && { heapMb: /** @type {any} */ (tf.backend()).wasm.HEAPU8.length / 2 ** 20 }),
    }),
  }
}
