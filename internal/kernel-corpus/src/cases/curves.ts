import * as tf from '@tensorflow/tfjs-core'
import { relu } from '@resfn/activation'
import { cifarResnet } from '@resfn/archs'
import { convBn } from '@resfn/conv-bn'
import { dense } from '@resfn/dense'
import { identityAdd } from '@resfn/identity-add'
import { type AnyLayer, sequential, type Shape, untyped } from '@resfn/layer'
import { crossEntropy } from '@resfn/losses'
import { globalAvgPool } from '@resfn/pool'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { groupedConvolutions } from '@resfn/resnext'
import { constantRate } from '@resfn/schedules'
import { startRun, takeStep } from '@resfn/step'
import type { CorpusCase, Outputs } from '../corpus-case.ts'
import { expectedCurves } from './curves.expected.ts'
import { values } from '../values.ts'

const steps = 20
const batch = 4
const classes = 3

/** Images of three classes: noise around a pattern. */
const examplesOf = (step: number, [height, width, channels]: Shape) => {
  const size = height! * width! * channels!
  const labels = Int32Array.from({ length: batch }, (_, i) => (i + step) % classes)
  const images = values(batch * size, step).map(
    (value, i) => value / 2 + Math.sin((1 + labels[Math.floor(i / size)]!) * (i % size)),
  )
  return { images, shape: [batch, height!, width!, channels!], labels }
}

const train = (given: AnyLayer, input: Shape): Outputs => {
  const net = untyped(given)
  const optimiser = sgd({ momentum: 0.9 })
  const step = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(0.005) })
  let run = startRun(net, { optimiser, key: key(0), input })
  const losses: tf.Tensor[] = []
  for (let i = 0; i < steps; i++) {
    const { learned, loss } = step(run, examplesOf(i, input))
    losses.push(loss)
    run = { ...run, ...learned }
  }
  const { images, shape } = examplesOf(steps, input)
  return { losses: tf.stack(losses), logits: net.apply(run.params, tf.tensor(images, shape), run.state) }
}

/**
 * The losses of twenty training steps, and the logits of the trained net in evaluation. Plain JavaScript takes minutes,
 * so what it computes is a part of the corpus: `scripts/curves.mjs` writes it.
 */
const curve = (name: string, given: AnyLayer, input: Shape): CorpusCase => ({
  name: `${steps} training steps of ${name} on [${input}]`,
  tolerance: 1e-3,
  compute: () => train(given, input),
  reference: () => {
    const { losses, logits } = expectedCurves[name]!
    return { losses: tf.tensor1d([...losses]), logits: tf.tensor2d([...logits], [batch, classes]) }
  },
})

const inGroups = sequential({
  stem: convBn({ out: 16, size: 3 }),
  act: relu,
  first: identityAdd(groupedConvolutions({ out: 16, cardinality: 4, width: 4 })),
  second: identityAdd(groupedConvolutions({ out: 16, cardinality: 4, width: 4 })),
  pool: globalAvgPool,
  fc: dense({ out: classes }),
})

/** The nets of the curves. */
export const curves: readonly CorpusCase[] = [
  curve('ResNet-8', cifarResnet({ depth: 8, classes }), [10, 10, 1]),
  curve('a net of 4 groups', inGroups, [8, 8, 3]),
]
