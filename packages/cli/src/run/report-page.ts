import { firstOfEachClass } from '@resfn/batches'
import type { PredictionColumns } from '@resfn/loop'
import { report, type Epoch, type ReportData, type Sample, type Step } from '@resfn/report'
import type { DataPart } from '../data/data-part.ts'
import type { LoggedEvent } from './event-log.ts'
import type { TestReading } from './reading.ts'
import { type Looking, seenMaps } from './seen-maps.ts'

/** Everything a report is made of. */
export type ReportInput = Omit<ReportData, 'epochs' | 'steps' | 'classes' | 'samples' | 'mistakes'> & {
  readonly log: readonly LoggedEvent[]
  readonly batches: number
  readonly test: DataPart
  readonly reading: TestReading
  readonly predictions: PredictionColumns
  /** The net as it was evaluated. */
  readonly looking: Omit<Looking, 'prepare'>
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

const rowsOf = (
  { labels, predicted, probabilities }: PredictionColumns,
  readable: readonly number[],
): readonly Prediction[] =>
  Array.from(labels, (label, i) => ({
    index: readable[i] ?? i,
    label,
    predicted: predicted[i]!,
    probability: probabilities[i]!,
  }))

/** The predictions with their images, and with what counted for them where a net looks. */
const withImages = async (
  rows: readonly Prediction[],
  { samples, prepare }: TestReading,
  looking?: ReportInput['looking'],
): Promise<readonly Sample[]> => {
  const set = await samples(rows.map(({ index }) => index))
  const { images, shape } = set
  const [height, width, channels] = shape
  const predicted = rows.map((row) => row.predicted)
  const seen = looking === undefined ? [] : await seenMaps({ ...looking, prepare }, set, predicted)
  const size = height * width * channels
  return rows.map((row, i) => ({
    ...row,
    ...(seen[i] !== undefined && { seen: seen[i] }),
    image: { pixels: images.subarray(i * size, (i + 1) * size), height, width, channels: channels === 3 ? 3 : 1 },
  }))
}

/** The first images of each class. */
const firstRows = (rows: readonly Prediction[], test: DataPart): readonly Prediction[] => {
  const ofEach = Math.max(1, Math.floor(shown / test.classes.length))
  const wanted = new Set(firstOfEachClass(test, ofEach).slice(0, shown))
  return rows.filter(({ index }) => wanted.has(index)).sort((a, b) => a.label - b.label || a.index - b.index)
}

/** The mistakes that the net is most sure of. */
const mistakenRows = (rows: readonly Prediction[]): readonly Prediction[] =>
  rows
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability || a.index - b.index)
    .slice(0, shown)

/** The page of a run. */
export const reportPage = async ({
  log,
  batches,
  test,
  reading,
  predictions,
  looking,
  ...rest
}: ReportInput): Promise<string> => {
  const rows = rowsOf(predictions, reading.readable())
  return report({
    ...rest,
    epochs: epochsOf(log),
    steps: stepsOf(log, batches),
    classes: test.classes,
    samples: await withImages(firstRows(rows, test), reading),
    mistakes: await withImages(mistakenRows(rows), reading, looking),
  })
}
