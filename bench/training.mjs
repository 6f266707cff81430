// @ts-check
// Steps of training on the current backend, as every bench of a GPU takes them.
import { nets } from '@resfn/archs/nets'
import { crossEntropy } from '@resfn/losses'
import { sgd } from '@resfn/optimisers'
import { key } from '@resfn/random'
import { constantRate } from '@resfn/schedules'
import { startRun, takeStep } from '@resfn/step'
import { advance, dispose } from '@resfn/tree'
import { examples as examplesOf, learningRate, momentum } from './nets.mjs'

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * A run of a net on one batch of examples: `enqueue` hands a step over and gives what it saw, `step` reads its loss
 * too.
 *
 * @param {{ net: string, input: number[], classes: number, batch: number }} task
 */
export const startTraining = ({ net: name, input, classes, batch }) => {
  const net = nets[name].make({ classes })
  const optimiser = sgd({ momentum })
  const learn = takeStep({ net, loss: crossEntropy(), optimiser, schedule: constantRate(learningRate) })
  const examples = examplesOf({ input, classes }, batch)
  let run = startRun(net, { optimiser, key: key(0), input })
  const enqueue = () => {
    const { learned, ...seen } = learn(run, examples)
    run = advance(run, () => ({ ...run, ...learned }))
    return seen
  }
  return {
    enqueue,
    step: async () => {
      const before = performance.now()
      const seen = enqueue()
      const enqueueMs = performance.now() - before
      const [loss] = await seen.loss.data()
      dispose(seen)
      return { loss, enqueueMs }
    },
    end: () => dispose({ params: run.params, state: run.state, optimiser: run.optimiser }),
  }
}
