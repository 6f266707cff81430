import { line } from 'd3-shape'
import { type Axes, axesOf, drawAxes, plot, type Range } from './axes.ts'
import { html, type Html, none } from './html.ts'
import { decimal } from './numbers.ts'

/** A point of a line: an epoch and a value, which may be NaN or infinite. */
export type Point = readonly [epoch: number, value: number]

/** A line of a chart: its points, and the name of the colour (a CSS variable of the page). */
export type Line = {
  readonly name: string
  readonly colour: 'train' | 'test' | 'rate' | 'norm'
  readonly points: readonly Point[]
  /** Thin and pale: the noise behind a curve. */
  readonly faint?: boolean
}

/** A chart: lines over epochs. Points above the range are marked at its top. */
export type Chart = { readonly title: string; readonly lines: readonly Line[]; readonly range: Range }

const placed = (points: readonly Point[]): readonly Point[] => points.filter(([epoch]) => Number.isFinite(epoch))

const drawLine = ({ x, y }: Axes, { points, colour, faint = false }: Line): Html => {
  const highest = y.domain()[1]!
  const isInside = ([, value]: Point): boolean => Number.isFinite(value) && value <= highest
  const path = line<Point>(
    ([epoch]) => x(epoch),
    ([, value]) => y(value),
  )
    .digits(1)
    .defined(isInside)
  const shown = placed(points)
  const dots = faint || shown.length > 40 ? [] : shown.filter(isInside)
  const left = (epoch: number): string => (x(epoch) - 4).toFixed(1)
  const parts = [
    html`<path class="${faint ? 'faint' : 'line'}" d="${path(shown) ?? ''}" />`,
    ...dots.map(([epoch, value]) => html`<circle cx="${x(epoch).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5" />`),
    ...shown
      .filter((point) => !isInside(point))
      .map(([epoch, value]) =>
        value > highest
          ? html`<path d="M${left(epoch)},10h8l-4,-8z" />`
          : html`<path class="odd" d="M${left(epoch)},2l8,8m0,-8l-8,8" />`,
      ),
  ]
  return html`<g stroke="var(--${colour})" fill="var(--${colour})">${parts}</g>`
}

/** Says in words what the chart does not show at its place. */
const outside = ({ y }: Axes, lines: readonly Line[]): Html => {
  const values = lines.flatMap(({ points }) => placed(points).map(([, value]) => value))
  const above = values.filter((value) => value > y.domain()[1]!)
  const missing =
    values.filter((value) => !Number.isFinite(value)).length - above.filter((value) => value === Infinity).length
  const notes = [
    ...(above.length === 0
      ? []
      : [`▲ above the range: ${above.length}, up to ${decimal(above.reduce((most, value) => Math.max(most, value)))}`]),
    ...(missing === 0 ? [] : [`× NaN: ${missing}`]),
  ]
  return notes.length === 0 ? none : html`<p class="outside">${notes.join(' · ')}</p>`
}

/** A chart as a figure with inline SVG that takes its colours from the page and its width from its place. */
export const figure = ({ title, lines, range }: Chart): Html => {
  const epochs = lines.flatMap(({ points }) => placed(points).map(([epoch]) => epoch))
  const axes = axesOf(
    epochs.reduce((most, epoch) => Math.max(most, epoch), 0),
    range,
  )
  const key = lines.map(
    ({ name, colour, faint = false }) =>
      html`<span class="key${faint ? ' pale' : ''}"><i style="background:var(--${colour})"></i>${name}</span>`,
  )
  return html`<figure class="card">
    <figcaption><b>${title}</b>${lines.length > 1 ? key : none}</figcaption>
    <svg role="img" aria-label="${title}" viewBox="0 0 ${plot.width} ${plot.height}">
      ${drawAxes(axes)}${lines.map((each) => drawLine(axes, each))}</svg
    >${outside(axes, lines)}
  </figure>`
}
