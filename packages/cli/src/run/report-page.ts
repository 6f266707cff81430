import { firstOfEachClass, type ImageSet } from '@resfn/batches'
import type { PredictionColumns } from '@resfn/loop'
import { report, type Epoch, type ReportData, type Sample, type Step } from '@resfn/report'
import type { LoggedEvent } from './event-log.ts'

/** Everything a report is made of. */
export type ReportInput = Omit<ReportData, 'epochs' | 'steps' | 'classes' | 'samples' | 'mistakes'> & {
  readonly log: readonly LoggedEvent[]
  readonly batches: number
  readonly test: ImageSet
  readonly predictions: PredictionColumns
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
      ? [
          {
            epoch: event.epoch + (event.batch + 1) / batches,
            loss: event.loss,
            learningRate: event.learningRate,
            gradientNorm: event.gradientNorm,
          },
        ]
      : [],
  )

const shown = 24

type Prediction = Omit<Sample, 'image'>

const rowsOf = ({ labels, predicted, probabilities }: PredictionColumns): readonly Prediction[] =>
  Array.from(labels, (label, index) => ({
    index,
    label,
    predicted: predicted[index]!,
    probability: probabilities[index]!,
  }))

const sampleFrom = ({ images, shape: [height, width, channels] }: ImageSet): ((prediction: Prediction) => Sample) => {
  const size = height * width * channels
  return ({ index, label, predicted, probability }) => ({
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
  })
}

/** The first images of each class. */
export const samplesOf = (predictions: PredictionColumns, test: ImageSet): readonly Sample[] => {
  const ofEach = Math.max(1, Math.floor(shown / test.classes.length))
  const wanted = new Set(firstOfEachClass(test, ofEach).slice(0, shown))
  return rowsOf(predictions)
    .filter(({ index }) => wanted.has(index))
    .sort((a, b) => a.label - b.label || a.index - b.index)
    .map(sampleFrom(test))
}

/** The mistakes that the net is most sure of. */
export const mistakesOf = (predictions: PredictionColumns, test: ImageSet): readonly Sample[] =>
  rowsOf(predictions)
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, shown)
    .map(sampleFrom(test))

/** The page of a run. */
export const reportPage = ({ log, batches, test, predictions, ...rest }: ReportInput): string =>
  report({
    ...rest,
    epochs: epochsOf(log),
    steps: stepsOf(log, batches),
    classes: test.classes,
    samples: samplesOf(predictions, test),
    mistakes: mistakesOf(predictions, test),
  })
