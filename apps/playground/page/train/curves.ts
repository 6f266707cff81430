// What was seen of a training, as plain data that can be kept and drawn.
import type { DepthSeen, Happening, Judged, StepSeen } from '../engine/protocol.ts'

/** Numbers of one net, one entry a step; judgements and gradients as they came. */
export type Curve = {
  readonly steps: readonly number[]
  readonly loss: readonly number[]
  readonly accuracy: readonly number[]
  readonly last: StepSeen | undefined
  readonly depth: DepthSeen | undefined
  readonly judged: readonly Judged[]
}

export const noCurve: Curve = { steps: [], loss: [], accuracy: [], last: undefined, depth: undefined, judged: [] }

/** How much of the mean stays at each step: single batches scatter. */
const stays = 0.9

const smoothed = (values: readonly number[], next: number): readonly number[] => {
  const before = values.at(-1)
  return [...values, before === undefined ? next : stays * before + (1 - stays) * next]
}

/** The curve with one more thing seen. */
const withSeen = (curve: Curve, what: Happening): Curve => {
  switch (what.type) {
    case 'step':
      return {
        ...curve,
        steps: [...curve.steps, what.step],
        loss: smoothed(curve.loss, what.loss),
        accuracy: smoothed(curve.accuracy, what.accuracy),
        last: what,
      }
    case 'depth':
      return { ...curve, depth: what }
    case 'judged':
      // Only the last needs its details.
      return { ...curve, judged: [...curve.judged.map((old) => ({ ...old, mistakes: [] })), what] }
    default:
      return curve
  }
}

/** The curves with all that was seen since the last frame. */
export const withAllSeen = (curves: readonly Curve[], seen: readonly Happening[]): readonly Curve[] =>
  curves.map((curve, track) => seen.filter((what) => 'track' in what && what.track === track).reduce(withSeen, curve))

/** The curve up to a step: what a checkpoint of that step goes on from. */
export const upTo = (curve: Curve, step: number): Curve => {
  const count = curve.steps.filter((each) => each <= step).length
  return {
    ...curve,
    steps: curve.steps.slice(0, count),
    loss: curve.loss.slice(0, count),
    accuracy: curve.accuracy.slice(0, count),
    judged: curve.judged.filter((judged) => judged.step <= step),
  }
}

/** At most so many of the points, evenly: a chart has no more pixels. */
export const thinned = <A>(values: readonly A[], most: number): readonly A[] => {
  if (values.length <= most) return values
  const step = (values.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, i) => values[Math.round(i * step)]!)
}
