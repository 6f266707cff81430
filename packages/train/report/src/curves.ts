import { figure, type Line } from './chart.ts'
import type { Epoch, Run, Step } from './run.ts'

const mostPoints = 300

/** At most `mostPoints` points: each the mean of as many neighbours as needed. */
const thinned = (steps: readonly Step[], value: (step: Step) => number): Line['points'] => {
  const size = Math.max(1, Math.ceil(steps.length / mostPoints))
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, i) => {
    const part = steps.slice(i * size, (i + 1) * size)
    const mean = (of: (step: Step) => number): number => part.reduce((total, step) => total + of(step), 0) / part.length
    return [mean(({ epoch }) => epoch), mean(value)] as const
  })
}

/** The curves of a run: loss, accuracy and, where the steps are known, the learning rate. */
export const curves = ({ epochs, steps = [] }: Run): string => {
  const over = (name: string, colour: string, value: (epoch: Epoch) => number): Line => ({
    name,
    colour,
    points: epochs.map((epoch) => [epoch.epoch, value(epoch)] as const),
  })
  const losses = thinned(steps, ({ loss }) => loss).filter(([, loss]) => Number.isFinite(loss))
  const accuracies = epochs
    .flatMap(({ trainAccuracy, testAccuracy }) => [trainAccuracy, testAccuracy])
    .filter(Number.isFinite)
  const lowest = Math.max(0, Math.floor(Math.min(1, ...accuracies) * 10) / 10)
  const rates = thinned(steps, ({ learningRate }) => learningRate)
  const size = { width: 400, height: 270 }
  const charts = [
    figure({
      ...size,
      title: 'Loss',
      lines: [
        ...(losses.length > 0 ? [{ name: 'each step', colour: 'train', points: losses, faint: true }] : []),
        over('train', 'train', ({ trainLoss }) => trainLoss),
        over('test', 'test', ({ testLoss }) => testLoss),
      ],
      range: { min: 0 },
      format: String,
    }),
    figure({
      ...size,
      title: 'Accuracy',
      lines: [
        over('train', 'train', ({ trainAccuracy }) => trainAccuracy),
        over('test', 'test', ({ testAccuracy }) => testAccuracy),
      ],
      range: { min: lowest, max: 1 },
      format: (value) => value.toFixed(2),
    }),
    ...(rates.length > 0
      ? [
          figure({
            ...size,
            title: 'Learning rate',
            lines: [{ name: 'learning rate', colour: 'rate', points: rates }],
            range: { min: 0 },
            format: String,
          }),
        ]
      : []),
  ]
  return `<div class="charts">${charts.join('')}</div>`
}
