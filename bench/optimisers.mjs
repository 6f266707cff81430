// @ts-check
// `node optimisers.mjs THREADS NET…`: the update of all parameters of a net alone, in one call a tree and leaf by leaf,
// as it runs where a backend has no kernel for trees. README.md has the results.
import { nets } from '@resfn/archs/nets'
import { init } from '@resfn/layer'
import { adam, adamW, clipByGlobalNorm, exceptVectors, lamb, sgd, weightDecay } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { dispose, leaves, map } from '@resfn/tree'
import { useWasm } from '@resfn/wasm'
import * as tf from '@tensorflow/tfjs-core'

const momentum = 0.9
const optimisers = {
  SGD: sgd(),
  momentum: sgd({ momentum }),
  'Nesterov, weight decay': weightDecay({ decay: 5e-4, mask: exceptVectors })(sgd({ momentum, nesterov: true })),
  'momentum, clipping': clipByGlobalNorm(1)(sgd({ momentum })),
  Adam: adam(),
  AdamW: adamW({ mask: exceptVectors }),
  LAMB: lamb(),
}
const ofTrees = ['MomentumSteps', 'AdamSteps', 'LambSteps', 'AddScaled', 'ScaleAll', 'SquareSums']

/** Turns of each form, and the least milliseconds of one. */
const [rounds, leastMs] = [5, 60]

const kernels = () => ofTrees.flatMap((name) => tf.getKernel(name, 'wasm') ?? [])

/** Runs `use` without the kernels for trees. @param {() => void} use */
const leafByLeaf = (use) => {
  const taken = kernels()
  for (const { kernelName } of taken) tf.unregisterKernel(kernelName, 'wasm')
  use()
  // What the primitives put in their place.
  for (const { kernelName } of kernels()) tf.unregisterKernel(kernelName, 'wasm')
  for (const kernel of taken) tf.registerKernel(kernel)
}

/** @param {() => void} use @param {number[]} into */
const timed = (use, into) => {
  for (const from = performance.now(); performance.now() - from < leastMs;) {
    const before = performance.now()
    use()
    into.push(performance.now() - before)
  }
}

/** @param {number[]} ms */
const median = (ms) => ms.toSorted((a, b) => a - b)[ms.length >> 1] ?? NaN

const [threads, ...wanted] = process.argv.slice(2)
const unknown = wanted.find((name) => nets[name] === undefined)
if (!(Number(threads) > 0) || wanted.length === 0 || unknown !== undefined) {
  console.error(
    `node optimisers.mjs THREADS NET…: ${unknown === undefined ? 'nets of @resfn/archs' : `there is no net ${unknown}`}`,
  )
  process.exit(2)
}
await useWasm({ threads: Number(threads) })
console.log('| net, parameters | optimiser | threads | leaf by leaf, ms | one call, ms | ratio |')
console.log('|---|---|---:|---:|---:|---:|')
for (const name of wanted) {
  const net = nets[name].make({ classes: 1000 })
  const { params } = init(net, key(0), nets[name].input)
  const gradients = map(params, (/** @type {tf.Tensor} */ p) => tf.randomNormal(p.shape, 0, 1e-2, 'float32', 1))
  for (const [optimiser, { init: start, update }] of Object.entries(optimisers)) {
    const state = start(params)
    const step = () => tf.tidy(() => void update(gradients, state, params, { step: 9, learningRate: 1e-3 }))
    /** @type {{ leaf: number[], tree: number[] }} */
    const ms = { leaf: [], tree: [] }
    step()
    leafByLeaf(step)
    for (let round = 0; round < rounds; round++) {
      timed(step, ms.tree)
      leafByLeaf(() => timed(step, ms.leaf))
    }
    dispose(state)
    const [leaf, tree] = [median(ms.leaf), median(ms.tree)]
    const cells = [`${name}, ${leaves(params).length}`, optimiser, threads, leaf.toPrecision(3), tree.toPrecision(3)]
    console.log(`| ${[...cells, (leaf / tree).toFixed(1)].join(' | ')} |`)
  }
  dispose({ params, gradients })
}
