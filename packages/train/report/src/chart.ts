import { LineChart, type LineSeriesOption } from 'echarts/charts'
import { GridComponent, type GridComponentOption } from 'echarts/components'
import { type ComposeOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { escape } from './html.ts'

type Option = ComposeOption<LineSeriesOption | GridComponentOption>

/** A line of a chart: points `[x, y]`, and the name of the colour (a CSS variable of the page). */
export type Line = {
  readonly name: string
  readonly colour: string
  readonly points: readonly (readonly [number, number])[]
  /** Thin and pale: the noise behind a curve. */
  readonly faint?: boolean
}

/** A chart: lines over epochs. */
export type Chart = {
  readonly title: string
  readonly lines: readonly Line[]
  readonly height: number
  readonly width: number
  /** The range of the values, where not from 0 to whatever the lines need. */
  readonly range?: { readonly min?: number; readonly max?: number }
  readonly format: (value: number) => string
}

const series = ({ name, colour, points, faint = false }: Line): LineSeriesOption => ({
  type: 'line',
  name,
  data: points.map(([x, y]) => [x, y]),
  showSymbol: !faint && points.length <= 40,
  symbol: 'circle',
  symbolSize: 5,
  lineStyle: { width: faint ? 1 : 2, color: `var(--${colour})`, opacity: faint ? 0.5 : 1 },
  itemStyle: { color: `var(--${colour})`, borderWidth: 0 },
  silent: true,
  clip: false,
})

const option = ({ lines, range, format }: Chart): Option => {
  const label = { color: 'var(--quiet)', fontSize: 13, fontFamily: 'inherit' }
  const last = Math.max(1, ...lines.flatMap(({ points }) => points.map(([x]) => Math.ceil(x))))
  return {
    animation: false,
    grid: { left: 42, right: 10, top: 12, bottom: 44 },
    xAxis: {
      type: 'value',
      min: 0,
      max: last,
      minInterval: 1,
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: label,
      axisLabel: label,
      axisLine: { lineStyle: { color: 'var(--rule)' } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      ...range,
      splitNumber: 4,
      axisLabel: { ...label, formatter: format },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: 'var(--rule)' } },
    },
    series: lines.map(series),
  }
}

/** A chart as a figure with inline SVG that takes its colours from the page and its width from its place. */
export const figure = (chart: Chart): string => {
  use([LineChart, GridComponent, SVGRenderer])
  const { title, lines, width, height } = chart
  const view = init(null, null, { renderer: 'svg', ssr: true, width, height })
  view.setOption(option(chart))
  const svg = view
    .renderToSVGString()
    .replace(/^<svg width="[^"]*" height="[^"]*"/, `<svg role="img" aria-label="${escape(title)}"`)
  view.dispose()
  const key = lines
    .filter(({ faint }) => faint !== true)
    .map(({ name, colour }) => `<span class="key"><i style="background:var(--${colour})"></i>${escape(name)}</span>`)
    .join('')
  return `<figure class="card"><figcaption><b>${escape(title)}</b>${lines.length > 1 ? key : ''}</figcaption>${svg}</figure>`
}
