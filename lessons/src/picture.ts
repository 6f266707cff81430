import * as Plot from '@observablehq/plot'
import { series } from './draw.ts'
import type { Words } from './lesson.ts'
import type { Spread } from './spread.ts'

/** A point of a curve: a place, and what was measured there by several keys. */
export type CurvePoint = { readonly x: number } & Spread

/** A curve with its name; the point, not the curve, is drawn where one is alone. */
export type Curve = { readonly name: string; readonly points: readonly CurvePoint[] }

/** How curves are drawn. */
export type CurvesOptions = {
  readonly x: Plot.ScaleOptions
  readonly y: Plot.ScaleOptions
  /** Further marks, such as lines of a paper. */
  readonly marks?: Plot.PlotOptions['marks']
}

const symbols = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross'] as const
const dashes = ['', '8 3', '3 3', '10 3 3 3', '1 3', '14 4'] as const

/**
 * Curves of medians, each with the spread of its keys behind it and its name at its end. They differ in colour, dash
 * and symbol, so that print tells them apart.
 */
export const curves = (all: readonly Curve[], { x, y, marks = [] }: CurvesOptions): Plot.PlotOptions => ({
  marginRight: 30 + widest(all.map(({ name }) => name)),
  x: { nice: false, ...x },
  // Plot writes 0.5 as 500m beside a logarithmic axis.
  y: { grid: true, ...(y.type === 'log' && { tickFormat: '~g' }), ...y },
  marks: [
    ...all.flatMap(({ points }, i) => {
      const colour = series[i % series.length]!
      const shown = points.filter(({ median }) => Number.isFinite(median))
      return [
        Plot.areaY(
          shown.filter(({ high }) => Number.isFinite(high)),
          { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 },
        ),
        Plot.lineY(shown, {
          x: 'x',
          y: 'median',
          stroke: colour,
          strokeWidth: 2.5,
          strokeDasharray: dashes[i % dashes.length]!,
        }),
        ...(shown.length > 40
          ? []
          : [Plot.dot(shown, { x: 'x', y: 'median', fill: colour, symbol: symbols[i % symbols.length]!, r: 4.5 })]),
      ]
    }),
    endLabels(
      all.flatMap(({ name, points }, i) => {
        const last = points.findLast(({ median }) => Number.isFinite(median))
        return last === undefined ? [] : [{ x: last.x, y: last.median, name, colour: series[i % series.length]! }]
      }),
    ),
    ...marks,
  ],
})

/** A name at a point. */
type Label = { readonly x: number; readonly y: number; readonly name: string; readonly colour: string }

/** Pixels from one label to the next. */
const labelHeight = 18

/** Names beside the ends of curves, moved apart where they would lie on each other. */
export const endLabels = (labels: readonly Label[]): Plot.Markish =>
  Plot.text(
    labels,
    Plot.initializer(
      { x: 'x', y: 'y', text: 'name', fill: 'colour', textAnchor: 'start', dx: 10 },
      (data, facets, channels, scales) => {
        const ys = Array.from(channels['y']!.value as Iterable<number>, (y) => Number(scales['y']!(y)))
        const order = ys.map((_, i) => i).toSorted((a, b) => ys[a]! - ys[b]!)
        const placed: number[] = []
        for (const i of order)
          placed[i] = Math.max(ys[i]!, (placed[order[order.indexOf(i) - 1]!] ?? -Infinity) + labelHeight)
        return { data, facets, channels: { y: { value: placed } } }
      },
    ),
  )

/** Pixels that the longest of some names takes; Chinese letters are twice as wide as Latin ones. */
const widest = (names: readonly string[]): number =>
  8 * Math.max(0, ...names.map((name) => name.replaceAll(/[\u2e80-\uffff]/g, '  ').length))

/** What was measured of several things, by name. */
export type Ranges = { readonly name: string; readonly rows: readonly (Spread & { readonly name: string })[] }

/**
 * Things in rows, one below the other: a mark at the median, and a line from the least to the largest. Each measure has
 * a colour, a symbol and a name above.
 */
export const ranges = (all: readonly Ranges[], { x }: { readonly x: Plot.ScaleOptions }): Plot.PlotOptions => {
  const names = all[0]?.rows.map(({ name }) => name) ?? []
  const shift = (i: number): number => 7 * (i - (all.length - 1) / 2)
  return {
    marginLeft: 30 + widest(names),
    marginRight: 24,
    height: 110 + 34 * names.length,
    x: { grid: true, ...x },
    y: { label: null, domain: [...names] },
    marks: all.flatMap(({ name, rows }, i) => {
      const colour = series[i % series.length]!
      const shown = rows.filter(({ median }) => Number.isFinite(median))
      const first = shown[0]
      const middle = { y: 'name', dy: shift(i) } as const
      return [
        Plot.ruleY(
          shown.filter(({ high }) => Number.isFinite(high)),
          { ...middle, x1: 'low', x2: 'high', stroke: colour, strokeWidth: 2 },
        ),
        Plot.dot(shown, { ...middle, x: 'median', fill: colour, symbol: symbols[i % symbols.length]!, r: 5 }),
        ...(first === undefined
          ? []
          : [
              Plot.text([first], {
                x: 'median',
                y: 'name',
                text: () => name,
                fill: colour,
                dy: -24 - 15 * (all.length - 1 - i),
              }),
            ]),
      ]
    }),
  }
}

/** Words of both languages that are the same. */
export const same = (text: string): Words => ({ en: text, zh: text })
