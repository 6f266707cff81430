import { text } from '../text/text.ts'
import { Chart, type Line } from '../ui/chart.tsx'
import { type Curve, thinned } from './curves.ts'
import { curves, task } from './training.ts'

const mostPoints = 600

/** All steps that any of the curves has, and a way to find the values of each at them. */
const joined = (of: readonly (readonly { readonly x: number; readonly y: number }[])[]) => {
  const values = [...new Set(of.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  const at = of.map((points) => new Map(points.map(({ x, y }) => [x, y])))
  return { values, lines: at.map((found) => values.map((x) => found.get(x) ?? null)) }
}

const points = (curve: Curve, of: 'loss' | 'accuracy') =>
  thinned(
    curve.steps.map((x, i) => ({ x, y: curve[of][i]! })),
    mostPoints,
  )

const Losses = () => {
  const words = text.value.train
  const { values, lines } = joined(curves.value.map((curve) => points(curve, 'loss')))
  return (
    <Chart
      title={words.loss}
      x={{ label: words.step, values }}
      lines={lines.map((line, i) => ({ label: task.value!.tracks[i]!.label, colour: `--track${i}`, values: line }))}
    />
  )
}

const Accuracies = () => {
  const words = text.value.train
  const { values, lines } = joined([
    ...curves.value.map((curve) => points(curve, 'accuracy')),
    ...curves.value.map((curve) => curve.judged.map(({ step, accuracy }) => ({ x: step, y: accuracy }))),
  ])
  const count = curves.value.length
  return (
    <Chart
      title={`${words.accuracy}, ${words.testAccuracy}`}
      isShare
      x={{ label: words.step, values }}
      lines={lines.map((line, i): Line => {
        const isTest = i >= count
        const { label } = task.value!.tracks[i % count]!
        return {
          label: isTest ? `${label}, ${words.testAccuracy}` : label,
          colour: `--track${i % count}`,
          values: line,
          isDashed: !isTest,
          hasPoints: isTest,
        }
      })}
    />
  )
}

const Gradients = () => {
  const words = text.value.train
  const longest = Math.max(0, ...curves.value.map(({ depth }) => depth?.norms.length ?? 0))
  // A logarithm has no place for a gradient of nothing.
  const shown = (norm: number | undefined): number | null => (norm === undefined || !(norm > 0) ? null : norm)
  return (
    <Chart
      title={words.gradients}
      help={words.gradientsHelp}
      scale="logarithmic"
      x={{ label: text.value.compose.depth, values: Array.from({ length: longest }, (_, i) => i + 1) }}
      lines={curves.value.map(({ depth }, i) => ({
        label: task.value!.tracks[i]!.label,
        colour: `--track${i}`,
        values: Array.from({ length: longest }, (_, at) => shown(depth?.norms[at])),
        hasPoints: true,
      }))}
    />
  )
}

/** Losses, accuracies and gradients of all nets that train. */
export const Charts = () => (
  <>
    <div class="charts">
      <Losses />
      <Accuracies />
    </div>
    <Gradients />
  </>
)
