import { scaleLinear, scaleLog, scalePoint } from 'd3-scale'
import { line } from 'd3-shape'
import { html, type Html, none } from './html.ts'
import { decimal, share } from './numbers.ts'
import type { SweepData, SweepTrial } from './sweep-data.ts'

type Value = string | number | boolean

/** A vertical axis: its name, where a value is, and the values that are written beside it. */
type Axis = {
  readonly name: string
  readonly of: (trial: SweepTrial) => Value
  readonly y: (value: Value) => number
  readonly ticks: readonly { readonly y: number; readonly text: string }[]
}

const [top, bottom, height] = [56, 384, 410]

/** The least and the largest of some numbers, apart. */
const extent = (values: readonly number[]): [number, number] => {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return [0, 1]
  const [low, high] = finite.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  )
  return low < high ? [low, high] : [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2]
}

const listed = (name: string, of: Axis['of'], values: readonly Value[]): Axis => {
  const scale = scalePoint(values.map(String), [bottom, top]).padding(0.2)
  const y = (value: Value): number => scale(String(value)) ?? bottom
  return { name, of, y, ticks: values.map((value) => ({ y: y(value), text: String(value) })) }
}

const measured = (
  name: string,
  of: (trial: SweepTrial) => number,
  { values, scale, isTurned = false }: { values: readonly number[]; scale: 'linear' | 'log'; isTurned?: boolean },
): Axis => {
  const range = isTurned ? [top, bottom] : [bottom, top]
  const along = scale === 'log' ? scaleLog(extent(values), range) : scaleLinear(extent(values), range)
  const [low, high] = along.domain() as [number, number]
  const between = scale === 'log' ? along.ticks(4) : along.ticks(6)
  // Of more than a decade, the powers of ten are enough.
  const tens = between.filter((tick) => tick.toExponential().startsWith('1e'))
  const shown = scale === 'log' && tens.length >= 2 ? tens : between
  const ticks = shown.length >= 2 ? shown : [low, high]
  const text = scale === 'log' ? (value: number): string => String(Number(value.toPrecision(3))) : along.tickFormat(6)
  return {
    name,
    of,
    y: (value) => along(Number(value)),
    ticks: ticks.map((tick) => ({ y: along(tick), text: text(tick) })),
  }
}

const objectiveOf = ({ objective, trials }: SweepData): Axis => {
  const of = ({ accuracy, loss }: SweepTrial): number => (objective === 'test loss' ? loss : accuracy)
  return measured(objective, of, { values: trials.map(of), scale: 'linear', isTurned: objective === 'test loss' })
}

const axesOf = (data: SweepData): readonly Axis[] => {
  const { trials } = data
  const epochs = [...new Set(trials.map((trial) => trial.epochs))].toSorted((a, b) => a - b)
  return [
    ...data.axes.map(({ name, scale }): Axis => {
      const of = ({ point }: SweepTrial): Value => point[name] ?? ''
      return scale === 'linear' || scale === 'log'
        ? measured(name, (trial) => Number(of(trial)), { values: trials.map((trial) => Number(of(trial))), scale })
        : listed(name, of, scale)
    }),
    ...(epochs.length > 1 ? [listed('epochs', ({ epochs: done }) => done, epochs)] : []),
    objectiveOf(data),
  ]
}

/** A trial in words. */
const wordsOf = ({ trial, point, accuracy, loss }: SweepTrial): string =>
  `trial ${trial}: ${Object.entries(point)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}; test accuracy ${share(accuracy)}, test loss ${decimal(loss)}`

/**
 * Parallel coordinates: an axis a setting, one for the objective at the right, better above, and a line a trial. The
 * worse a trial, the paler; one that came to nothing is dashed and ends at the foot.
 *
 * @see Inselberg, "The plane with parallel coordinates" (1985)
 */
export const parallelCoordinates = (data: SweepData): Html => {
  const axes = axesOf(data)
  const width = Math.max(640, 150 * axes.length)
  const x = scalePoint(
    axes.map((_, i) => i),
    [70, width - 60],
  )
  const path = line<readonly [number, number]>().digits(1)
  const last = axes.at(-1)!
  const isLost = (trial: SweepTrial): boolean => !Number.isFinite(Number(last.of(trial)))
  const count = data.trials.filter((trial) => !isLost(trial)).length
  const lines = data.trials.map((trial, rank) => {
    const points = axes.map((axis, i) => {
      const y = axis === last && isLost(trial) ? bottom + 14 : axis.y(axis.of(trial))
      return [x(i)!, y] as const
    })
    const kind = isLost(trial) ? 'lost' : rank === 0 ? 'best' : ''
    const part = count < 2 ? 100 : Math.round(100 - (85 * rank) / (count - 1))
    return html`<path class="t${rank + 1} ${kind}" style="--part:${Math.max(0, part)}%" d="${path(points) ?? ''}"
      ><title>${wordsOf(trial)}</title></path
    >`
  })
  const rules = axes.map((_, i) => html`<path class="axis" d="M${x(i)!.toFixed(1)},${top}V${bottom}" />`)
  const labels = axes.map(({ name, ticks }, i) => {
    const at = x(i)!
    return html`<text class="name" x="${at.toFixed(1)}" y="${top - 24}" text-anchor="middle">${name}</text> ${ticks.map(
        ({ y, text }) =>
          html`<text class="tick" x="${(at - 8).toFixed(1)}" y="${y.toFixed(1)}" dy="0.35em" text-anchor="end"
            >${text}</text
          >`,
      )}`
  })
  if (data.trials.length === 0) return none
  // The best line is drawn over the others, and what is written over all.
  return html`<figure class="card trials">
    <div class="wide" tabindex="0" role="region" aria-label="Parallel coordinates">
      <svg
        role="img"
        aria-label="Trials as lines over their settings and ${data.objective}"
        viewBox="0 0 ${width} ${height}"
      >
        ${rules}${lines.toReversed()}${labels}
      </svg>
    </div>
  </figure>`
}
