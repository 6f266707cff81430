import { figure, type Line, type Point } from './chart.ts'
import type { Epoch, ReportData, Step } from './data.ts'
import { html, type Html } from './html.ts'
import { robustTop } from './range.ts'

const mostPoints = 300

/**
 * At most `mostPoints` points: each the mean of as many neighbours as needed, or the largest of them where one is a
 * spike.
 */
const thinned = (steps: readonly Step[], value: (step: Step) => number): Line['points'] => {
  const top = robustTop(steps.map(value))
  const size = Math.max(1, Math.ceil(steps.length / mostPoints))
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, i): Point => {
    const part = steps.slice(i * size, (i + 1) * size)
    const values = part.map(value)
    const mean = (numbers: readonly number[]): number =>
      numbers.reduce((total, each) => total + each, 0) / numbers.length
    return [
      mean(part.map(({ epoch }) => epoch)),
      values.some((each) => each > top) && !values.some(Number.isNaN) ? Math.max(...values) : mean(values),
    ]
  })
}

const valuesOf = (lines: readonly Line[]): readonly number[] =>
  lines.flatMap(({ points }) => points.map(([, value]) => value))

/** A chart from 0 to what the lines need. */
const fromZero = (title: string, lines: readonly Line[]): Html =>
  figure({ title, lines, range: { low: 0, high: robustTop(valuesOf(lines)) } })

/** The curves of a run: loss, accuracy and, where the steps are known, learning rate and gradient norm. */
export const curves = ({ epochs, steps = [] }: ReportData): Html => {
  const over = (name: string, colour: Line['colour'], value: (epoch: Epoch) => number): Line => ({
    name,
    colour,
    points: epochs.map((epoch): Point => [epoch.epoch, value(epoch)]),
  })
  const alone = (title: string, colour: Line['colour'], points: Line['points']): readonly Html[] =>
    points.length === 0 ? [] : [fromZero(title, [{ name: title, colour, points }])]
  const accuracies = [
    over('train', 'train', ({ trainAccuracy }) => trainAccuracy),
    over('test', 'test', ({ testAccuracy }) => testAccuracy),
  ]
  const losses = thinned(steps, ({ loss }) => loss)
  const lowest = Math.max(0, Math.floor(Math.min(0.9, ...valuesOf(accuracies).filter(Number.isFinite)) * 10) / 10)
  const normed = steps.filter(({ gradientNorm }) => gradientNorm !== undefined)
  const charts = [
    fromZero('Loss', [
      ...(losses.length > 0 ? [{ name: 'each step', colour: 'train', points: losses, faint: true } as const] : []),
      over('train', 'train', ({ trainLoss }) => trainLoss),
      over('test', 'test', ({ testLoss }) => testLoss),
    ]),
    figure({ title: 'Accuracy', lines: accuracies, range: { low: lowest, high: 1 } }),
    ...alone(
      'Learning rate',
      'rate',
      thinned(steps, ({ learningRate }) => learningRate),
    ),
    ...alone(
      'Gradient norm',
      'norm',
      thinned(normed, ({ gradientNorm }) => gradientNorm!),
    ),
  ]
  return html`<div class="charts">${charts}</div>`
}
