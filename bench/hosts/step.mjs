// @ts-check
// `node step.mjs THREADS`: the median time of a step of ResNet-18 on 32 images of 96x96, in seconds.
import { d2lResnet18 } from '@resfn/archs/resnet'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { startRun, takeStep } from '@resfn/step'
import { advance } from '@resfn/tree'
import { useWasm } from '@resfn/wasm'

const [batch, side] = [32, 96]
await useWasm({ threads: Number(process.argv[2]) })
const net = d2lResnet18({ classes: 10 })
const optimiser = sgd({ momentum: 0.9 })
const step = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(0.01) })
const images = Float32Array.from({ length: batch * side * side }, (_, i) => Math.sin(i))
const examples = { images, shape: [batch, side, side, 1], labels: Int32Array.from({ length: batch }, (_, i) => i % 10) }
let run = startRun(net, { optimiser, key: key(0), input: [side, side, 1] })
const times = []
for (let i = 0; i < 7; i++) {
  const begin = performance.now()
  run = advance(run, (before) => ({ ...before, ...step(before, examples).learned }))
  // The first ones make memory and compile.
  if (i > 1) times.push((performance.now() - begin) / 1000)
}
console.log(times.toSorted((a, b) => a - b)[times.length >> 1])
