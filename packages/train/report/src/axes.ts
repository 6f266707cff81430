import { type ScaleLinear, scaleLinear } from 'd3-scale'
import { html, type Html } from './html.ts'

/** The part of a chart that holds the lines, in units of the drawing. */
export const plot = { width: 400, height: 240, left: 46, right: 390, top: 14, bottom: 200 }

/** The range of the values of a chart. */
export type Range = { readonly low: number; readonly high: number }

/** Where values and epochs are in the drawing. */
export type Axes = { readonly x: ScaleLinear<number, number>; readonly y: ScaleLinear<number, number> }

/** The axes of a chart over so many epochs. */
export const axesOf = (epochs: number, { low, high }: Range): Axes => ({
  x: scaleLinear([0, Math.max(1, Math.ceil(epochs))], [plot.left, plot.right]),
  y: scaleLinear([low, high], [plot.bottom, plot.top]).nice(4),
})

/** Numbers beside an axis: no more digits than they need, large and small ones in powers of ten. */
const labels = (ticks: readonly number[], scale: ScaleLinear<number, number>): ((value: number) => string) => {
  const largest = Math.max(...ticks.map(Math.abs))
  return largest >= 1e4 || largest < 0.01
    ? (value) => (value === 0 ? '0' : value.toExponential(1).replace('.0e', 'e').replace('e+', 'e'))
    : scale.tickFormat(4)
}

/** The lines and numbers of both axes. */
export const drawAxes = ({ x, y }: Axes): Html => {
  const { left, right, bottom } = plot
  const rows = y.ticks(4)
  const label = labels(rows, y)
  const horizontal = rows.map((value) => {
    const at = y(value).toFixed(1)
    return html`<path class="grid" d="M${left},${at}H${right}" /><text
        x="${left - 8}"
        y="${at}"
        dy="0.35em"
        text-anchor="end"
        >${label(value)}</text
      >`
  })
  const vertical = x
    .ticks(6)
    .filter(Number.isInteger)
    .map((value) => html`<text x="${x(value).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${value}</text>`)
  return html`${horizontal}${vertical}<text x="${(left + right) / 2}" y="${bottom + 36}" text-anchor="middle"
      >epoch</text
    >`
}
