import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'preact/hooks'
import { shownTheme } from './theme.ts'

/** A line of a chart; a missing value leaves a gap. */
export type Line = {
  readonly label: string
  /** a variable of the style sheet */
  readonly colour: string
  readonly values: readonly (number | null)[]
  readonly isDashed?: boolean
  readonly hasPoints?: boolean
}

export type ChartProps = {
  readonly title: string
  readonly help?: string
  readonly x: { readonly label: string; readonly values: readonly number[] }
  readonly lines: readonly Line[]
  readonly scale?: 'linear' | 'logarithmic'
  /** from 0 to 1 */
  readonly isShare?: boolean
  readonly height?: number
}

const digits = (value: number | null | undefined): string =>
  value == null ? '–' : Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3)

/** What a chart says to those who do not see it. */
const inWords = ({ title, lines }: ChartProps): string =>
  `${title}. ${lines.map(({ label, values }) => `${label}: ${digits(values.findLast((value) => value !== null))}`).join(', ')}`

const colourOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Steps and layers are whole. */
const wholeSteps = [1, 2, 5]
  .flatMap((digit) => [0, 1, 2, 3, 4, 5].map((power) => digit * 10 ** power))
  .sort((a, b) => a - b)

const make = (target: HTMLElement, props: ChartProps): uPlot => {
  const [ink, grid] = [colourOf('--pico-muted-color'), colourOf('--pico-muted-border-color')]
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, font: '12px system-ui' }
  const share = props.isShare === true
  return new uPlot(
    {
      width: target.clientWidth || 300,
      height: props.height ?? 220,
      cursor: { y: false },
      legend: { live: true },
      scales: {
        x: { time: false },
        y: {
          ...(props.scale === 'logarithmic' && { distr: 3 as const }),
          ...(share && { range: [0, 1] as [number, number] }),
        },
      },
      axes: [
        { ...axis, incrs: wholeSteps, label: props.x.label, labelSize: 18, labelFont: '12px system-ui', size: 34 },
        {
          ...axis,
          size: 48,
          values: (_, values) =>
            values.map((value) => (value == null ? '' : share ? `${Math.round(100 * value)}%` : digits(value))),
        },
      ],
      series: [
        { label: props.x.label },
        ...props.lines.map(({ label, colour, isDashed, hasPoints }) => ({
          label,
          stroke: colourOf(colour),
          width: 2,
          spanGaps: true,
          ...(isDashed === true && { dash: [6, 4] }),
          points: { show: hasPoints === true, size: 6 },
          value: (_: uPlot, value: number | null) =>
            value !== null && share ? `${(100 * value).toFixed(1)}%` : digits(value),
        })),
      ],
    },
    dataOf(props),
    target,
  )
}

const dataOf = ({ x, lines }: ChartProps): uPlot.AlignedData => [
  x.values as number[],
  ...lines.map(({ values }) => values as (number | null)[]),
]

/** A chart of lines that follows its data, its width and the theme. */
export const Chart = (props: ChartProps) => {
  const target = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const form = JSON.stringify([
    shownTheme.value,
    props.x.label,
    props.scale,
    props.lines.map(({ label, colour }) => [label, colour]),
  ])
  useEffect(() => {
    const element = target.current!
    const made = make(element, props)
    plot.current = made
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: props.height ?? 220 })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [form])
  useEffect(() => plot.current?.setData(dataOf(props)))
  return (
    <figure class="chart">
      <figcaption>
        {props.title}
        {props.help !== undefined && <p class="help">{props.help}</p>}
      </figcaption>
      <div ref={target} role="img" aria-label={inWords(props)} />
    </figure>
  )
}
