import { duration } from '../text/format.ts'

/** Where a run is, as a person wants to know it. */
export type Progress = {
  /** Epochs finished, and the steps of the one under way. */
  readonly epoch: number
  readonly epochs: number
  readonly batch: number
  readonly batches: number
  /** Smoothed over the last steps. */
  readonly loss: number
  readonly accuracy: number
  readonly examplesPerSecond: number
  /** Seconds of a step, smoothed. */
  readonly step: number
}

const mix = (before: number, now: number): number => (Number.isNaN(before) ? now : 0.95 * before + 0.05 * now)

/** Before the first step. */
export const noProgress = ({ epochs, batches }: Pick<Progress, 'epochs' | 'batches'>): Progress => ({
  epoch: 0,
  epochs,
  batch: 0,
  batches,
  loss: Number.NaN,
  accuracy: Number.NaN,
  examplesPerSecond: Number.NaN,
  step: Number.NaN,
})

/** After a step. */
export const advanced = (
  before: Progress,
  step: {
    readonly epoch: number
    readonly batch: number
    readonly loss: number
    readonly accuracy: number
    readonly seconds: number
    readonly examples: number
  },
): Progress => ({
  ...before,
  epoch: step.epoch,
  batch: step.batch + 1,
  loss: mix(before.loss, step.loss),
  accuracy: mix(before.accuracy, step.accuracy),
  examplesPerSecond: mix(before.examplesPerSecond, step.examples / step.seconds),
  step: mix(before.step, step.seconds),
})

/** Seconds to the end at the present speed, without evaluation. */
export const secondsLeft = ({ epoch, epochs, batch, batches, step }: Progress): number =>
  (batches * (epochs - epoch) - batch) * step

const numbers = (progress: Progress): readonly string[] => [
  `loss ${progress.loss.toFixed(3)}`,
  `accuracy ${progress.accuracy.toFixed(3)}`,
  `${progress.examplesPerSecond.toFixed(progress.examplesPerSecond < 10 ? 1 : 0)} ex/s`,
  `${duration(secondsLeft(progress))} left`,
]

/** Which of the numbers are left out where the line is short: speed first, then accuracy, then loss. */
const leftOut: readonly (readonly number[])[] = [[], [2], [1, 2], [0, 1, 2], [0, 1, 2, 3]]

/** The line that is drawn anew on a terminal, no longer than `columns`. */
export const renderBar = (progress: Progress, columns = 80): string => {
  const { epoch, epochs, batch, batches } = progress
  const head = `epoch ${epoch + 1}/${epochs} `
  const tails = leftOut.map(
    (left) =>
      ` ${numbers(progress)
        .filter((_, index) => !left.includes(index))
        .join('  ')}`,
  )
  const tail = tails.find((text) => head.length + text.length < columns) ?? ''
  const width = Math.max(0, Math.min(30, columns - head.length - tail.length - 1))
  const done = Math.round((width * batch) / batches)
  return `${head}${'█'.repeat(done)}${'░'.repeat(width - done)}${tail}`.slice(0, columns)
}

/** The line that is printed where the output is not a terminal. */
export const renderLine = (progress: Progress): string =>
  `epoch ${progress.epoch + 1}/${progress.epochs}  batch ${progress.batch}/${progress.batches}  ${numbers(progress).join('  ')}`
