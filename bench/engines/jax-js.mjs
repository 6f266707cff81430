// @ts-check
// The same nets by hand in jax-js, on its WASM device, forward and backward pass jitted. Layout NCHW, the only one it
// has. Ownership: every use of an array but the last says `.ref`.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { learningRate, momentum } from '../nets.mjs'

// jax-js asks for the number of cores; Node 20 has no navigator.
globalThis.navigator ??= /** @type {any} */ ({ hardwareConcurrency: 1 })
const { numpy: np, lax, nn, jit, valueAndGrad, tree, init, defaultDevice } = await import('@jax-js/jax')

const version = JSON.parse(
  readFileSync(join(dirname(createRequire(import.meta.url).resolve('@jax-js/jax')), '..', 'package.json'), 'utf8'),
).version

/** Normal enough for a first loss near log(10): sums of twelve uniform numbers. */
const drawer = () => {
  let seed = 7
  const uniform = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  return (shape, deviation) =>
    np
      .array(
        Float32Array.from(
          { length: shape.reduce((a, b) => a * b, 1) },
          () => deviation * (Array.from({ length: 12 }, uniform).reduce((a, b) => a + b) - 6),
        ),
      )
      .reshape(shape)
}

const filled = (shape, value) => np.full(shape, value)

/** A conv with batch norm as a row of parameters; `bias` for the d2l nets. */
const convParams = (draw, [inputs, out, size], bias) => ({
  weight: draw([out, inputs, size, size], Math.sqrt(2 / (inputs * size * size))),
  ...(bias && { bias: filled([out], 0) }),
})
const convBnParams = (draw, dims, bias) => ({
  conv: convParams(draw, dims, bias),
  scale: filled([dims[1]], 1),
  shift: filled([dims[1]], 0),
})

const perChannel = (v) => v.reshape([1, -1, 1, 1])

const conv = ({ weight, bias }, x, stride) => {
  const pad = (weight.shape[2] - 1) / 2
  const y = lax.convGeneralDilated(
    x,
    weight,
    [stride, stride],
    [
      [pad, pad],
      [pad, pad],
    ],
  )
  return bias === undefined ? y : y.add(perChannel(bias))
}

const convBn = (params, x, stride, seen) => {
  const y = conv(params.conv, x, stride)
  const mean = np.mean(y.ref, [0, 2, 3])
  const centred = y.sub(perChannel(mean.ref))
  const variance = np.mean(np.square(centred.ref), [0, 2, 3])
  seen.push(lax.stopGradient(mean), lax.stopGradient(variance.ref))
  const factor = params.scale.div(np.sqrt(variance.add(1e-5)))
  return centred.mul(perChannel(factor)).add(perChannel(params.shift))
}

/**
 * Every second pixel, and zero channels: a 1x1 convolution with a constant unit matrix, as there is no strided slice.
 */
const subsampleAndPad = (x, out) => {
  const inputs = x.shape[1]
  const unit = np.eye(out, inputs).reshape([out, inputs, 1, 1])
  return lax.convGeneralDilated(
    x,
    unit,
    [2, 2],
    [
      [0, 0],
      [0, 0],
    ],
  )
}

const build = ({ family, input: [, , channels], classes, stages }) => {
  const d2l = family === 'd2l'
  const draw = drawer()
  const stem = d2l ? [channels, 64, 7] : [channels, 16, 3]
  let inputs = stem[1]
  const blocks = stages.flatMap(([out, count], stage) =>
    Array.from({ length: count }, (_, block) => {
      const stride = stage > 0 && block === 0 ? 2 : 1
      const params = {
        a: convBnParams(draw, [inputs, out, 3], d2l),
        b: convBnParams(draw, [out, out, 3], d2l),
        ...(d2l && stride === 2 && { shortcut: convParams(draw, [inputs, out, 1], true) }),
      }
      inputs = out
      return { params, stride, out }
    }),
  )
  const params = {
    stem: convBnParams(draw, stem, d2l),
    blocks: blocks.map(({ params: own }) => own),
    weight: draw([inputs, classes], Math.sqrt(1 / inputs)),
    bias: filled([classes], 0),
  }
  const apply = (p, images) => {
    const seen = []
    let x = nn.relu(convBn(p.stem, images, d2l ? 2 : 1, seen))
    if (d2l)
      x = lax.reduceWindow(
        np.pad(x, [
          [0, 0],
          [0, 0],
          [1, 1],
          [1, 1],
        ]),
        np.max,
        [3, 3],
        [2, 2],
      )
    for (const [i, { stride, out }] of blocks.entries()) {
      const { a, b, shortcut } = p.blocks[i]
      const branch = convBn(b, nn.relu(convBn(a, x.ref, stride, seen)), 1, seen)
      const direct = stride === 1 ? x : d2l ? conv(shortcut, x, stride) : subsampleAndPad(x, out)
      x = nn.relu(branch.add(direct))
    }
    return { logits: np.matmul(np.mean(x, [2, 3]), p.weight).add(p.bias), seen }
  }
  return { params, apply }
}

export const start = async ({
  net,
  examples: {
    images,
    labels,
    shape: [batch, height, width, channels],
  },
}) => {
  await init('wasm')
  defaultDevice('wasm')
  const { params: first, apply } = build(net)
  const difference = jit(
    valueAndGrad(
      (p, x, y) => {
        const { logits, seen } = apply(p, x)
        return [np.mean(np.sum(nn.logSoftmax(logits).mul(y), 1)).mul(-1), seen]
      },
      { hasAux: true },
    ),
  )
  const update = jit((p, v, g) => {
    const velocity = tree.map((a, b) => a.mul(momentum).add(b), v, g)
    return { params: tree.map((a, b) => a.sub(b.mul(learningRate)), p, tree.ref(velocity)), velocity }
  })
  const targets = Float32Array.from({ length: batch * net.classes }, (_, i) =>
    labels[Math.floor(i / net.classes)] === i % net.classes ? 1 : 0,
  )
  let params = first
  let velocity = tree.map((leaf) => np.zeros(leaf.shape), tree.ref(first))
  const count = tree.leaves(tree.ref(first)).reduce((sum, leaf) => sum + leaf.shape.reduce((a, b) => a * b, 1), 0)
  const step = async () => {
    // One channel: NHWC and NCHW are the same numbers.
    const x = np.array(images).reshape([batch, channels, height, width])
    const y = np.array(targets).reshape([batch, net.classes])
    const [[loss, seen], gradients] = difference(tree.ref(params), x, y)
    ;({ params, velocity } = update(params, velocity, gradients))
    tree.dispose(seen)
    const [value] = await /** @type {{ data: () => Promise<Float32Array> }} */ (/** @type {unknown} */ (loss)).data()
    return value
  }
  return { step, version: `jax-js ${version}`, params: count }
}
