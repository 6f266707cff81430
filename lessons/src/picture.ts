import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Language, Picture, Words } from './lesson.ts'
import type { Spread } from './spread.ts'

/** The colours of lines, told apart by people who see few colours too (after Okabe and Ito). */
const palette: { readonly [theme in Theme]: readonly string[] } = {
  light: ['#0072b2', '#d55e00', '#009e73', '#b0529b', '#a07800', '#3a3a3a'],
  dark: ['#5db4ee', '#ff9150', '#3fd3a4', '#e58fc9', '#e6c229', '#d0d0d0'],
}

const ground: { readonly [theme in Theme]: { readonly ink: string; readonly paper: string } } = {
  light: { ink: '#1b1e23', paper: '#ffffff' },
  dark: { ink: '#e9eaec', paper: '#1d2025' },
}

/** Light or dark. */
export type Theme = 'light' | 'dark'

/** The themes, in order. */
export const themes: readonly Theme[] = ['light', 'dark']

/** The colours of lines, as variables of the page. */
export const series: readonly string[] = palette.light.map((_, i) => `var(--series-${i + 1})`)

/** The colour behind a picture, as a variable of the page. */
export const paper = 'var(--paper)'

/** The variables of a theme: `--series-1: …`. */
export const variables = (theme: Theme): string =>
  [
    ...palette[theme].map((colour, i) => `--series-${i + 1}: ${colour};`),
    `--paper: ${ground[theme].paper};`,
    `--ink: ${ground[theme].ink};`,
  ].join(' ')

const size = { width: 760, height: 440, marginLeft: 72, marginRight: 130, marginBottom: 56, marginTop: 32 }

const { document } = parseHTML('<html><body></body></html>')

/** A picture as SVG, with colours that are variables of the page around it. */
export const drawing = ({ title, plot: optionsOf }: Picture, language: Language): string => {
  const { style, ...options } = optionsOf((words) => words[language]) as Plot.PlotOptions
  const drawn = Plot.plot({
    ...size,
    document: document as unknown as Document,
    ariaLabel: title[language],
    ...options,
    style: { fontSize: '15px', background: 'none', ...(typeof style === 'object' ? style : {}) } as never,
  })
  drawn.setAttribute('role', 'img')
  drawn.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return drawn.outerHTML
}

/** A picture as a file of its own, in the colours of a theme. */
export const standalone = (picture: Picture, language: Language, theme: Theme): string => {
  const { ink, paper: behind } = ground[theme]
  return palette[theme]
    .reduce((svg, colour, i) => svg.replaceAll(`var(--series-${i + 1})`, colour), drawing(picture, language))
    .replaceAll(paper, behind)
    .replace('<svg ', `<svg color="${ink}" `)
    .replace('background:none', `background:${behind}`)
}

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
