import type { ImageSet } from '@resfn/batches'
import { report, type Epoch, type Fact, type Mistake, type Step } from '@resfn/report'
import type { Prediction } from '@resfn/loop'
import type { LoggedEvent } from './run-folder.ts'

/** Everything a report is made of. */
export type ReportInput = {
  readonly title: string
  readonly subtitle: string
  readonly headline: readonly Fact[]
  readonly facts: readonly Fact[]
  readonly log: readonly LoggedEvent[]
  readonly batches: number
  readonly test: ImageSet
  readonly confusion: readonly (readonly number[])[]
  readonly predictions: readonly Prediction[]
}

const epochsOf = (log: readonly LoggedEvent[]): readonly Epoch[] =>
  log.flatMap((event) => {
    if (event.type !== 'evaluation') return []
    const training = log.find((other) => other.type === 'epoch' && other.epoch === event.epoch)
    if (training?.type !== 'epoch') return []
    const seconds = log.reduce(
      (total, other) => (other.type === 'step' && other.epoch === event.epoch ? total + other.seconds : total),
      event.seconds,
    )
    return [
      {
        epoch: event.epoch + 1,
        trainLoss: training.loss,
        trainAccuracy: training.accuracy,
        testLoss: event.loss,
        testAccuracy: event.accuracy,
        seconds,
      },
    ]
  })

const stepsOf = (log: readonly LoggedEvent[], batches: number): readonly Step[] =>
  log.flatMap((event) =>
    event.type === 'step'
      ? [{ epoch: event.epoch + (event.batch + 1) / batches, loss: event.loss, learningRate: event.learningRate }]
      : [],
  )

const shown = 24

/** The mistakes that the net is most sure of. */
export const mistakesOf = (
  predictions: readonly Prediction[],
  { images, shape: [height, width, channels] }: ImageSet,
): readonly Mistake[] => {
  const size = height * width * channels
  return predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, shown)
    .map(({ index, label, predicted, probability }) => ({
      index,
      label,
      predicted,
      probability,
      image: {
        pixels: images.subarray(index * size, (index + 1) * size),
        height,
        width,
        channels: channels === 3 ? 3 : 1,
      },
    }))
}

/** The page of a run. */
export const reportPage = ({ log, batches, test, predictions, ...rest }: ReportInput): string =>
  report({
    ...rest,
    epochs: epochsOf(log),
    steps: stepsOf(log, batches),
    classes: test.classes,
    mistakes: mistakesOf(predictions, test),
  })
