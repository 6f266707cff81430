import { formatShape } from '@resfn/layer'
import type { GraphGroup, GraphNode, NetGraph } from './net-graph.ts'

/** A box of a picture of a net. */
export type LaidBox = {
  readonly node: GraphNode
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** where the words after the name begin */
  readonly kindX: number
  /** whether it is an addition, another join, or an activation behind a block */
  readonly isJoin: boolean
}

/** The frame around the boxes of a group. */
export type LaidFrame = {
  readonly group: GraphGroup
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The way of a value from a box to another, as the data of a path of SVG. */
export type LaidWay = { readonly from: string; readonly to: string; readonly d: string }

/** A picture of a net as plain data, in pixels. */
export type GraphLayout = {
  readonly width: number
  readonly height: number
  /** of a letter of the monospaced font that the boxes are wide enough for, at 13 pixels */
  readonly letter: number
  readonly boxes: readonly LaidBox[]
  readonly frames: readonly LaidFrame[]
  readonly ways: readonly LaidWay[]
}

const [boxHeight, step, lane, pad, margin, title] = [28, 46, 14, 10, 16, 18] as const
const letter = 7.2

/** The lane to the right of the boxes for each edge that passes some of them: the first that is free on its way. */
const lanesOf = (ways: readonly (readonly [from: number, to: number])[]): readonly number[] => {
  const taken: (readonly [number, number])[][] = []
  return ways.map(([from, to]) => {
    const found = taken.findIndex((lane) => lane.every(([first, last]) => to <= first || from >= last))
    const at = found < 0 ? taken.length : found
    ;(taken[at] ??= []).push([from, to])
    return at
  })
}

/**
 * Where the boxes of a graph stand: below each other in the order they run, groups in frames, skips at their right
 * side.
 *
 * @param graph what `netGraph` gives
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 * import { graphLayout, netGraph } from '@resfn/net-graph'
 *
 * const { boxes, ways } = graphLayout(netGraph(sequential({ fc: dense({ out: 2 }) }), [4], 1))
 * assert.deepEqual([boxes.length, ways.length], [2, 1])
 * assert.ok(boxes[0]!.y < boxes[1]!.y)
 * ```
 */
export const graphLayout = ({ nodes, edges, groups }: NetGraph): GraphLayout => {
  const indexOf = new Map(nodes.map(({ id }, i) => [id, i]))
  const deepest = Math.max(0, ...groups.map(({ depth }) => depth))
  const startsAt = (i: number): readonly GraphGroup[] => groups.filter(({ first }) => first === i)
  const endsAt = (i: number): number => groups.filter(({ last }) => last === i).length
  const tops: number[] = []
  let y: number = margin
  nodes.forEach((_, i) => {
    y += startsAt(i).length * (title + pad)
    tops.push(y)
    y += step + endsAt(i) * pad
  })
  const height = y - step + boxHeight + margin
  const width = nodes.reduce(
    (widest, { name, kind, output }) =>
      Math.max(widest, (name.length + kind.length + formatShape(output).length + 8) * letter),
    220,
  )
  const ways = edges.map(([from, to]) => ({ ends: { from, to }, from: indexOf.get(from)!, to: indexOf.get(to)! }))
  const skips = ways.filter(({ from, to }) => to > from + 1)
  const lanes = lanesOf(skips.map(({ from, to }) => [from, to]))
  const taken = Math.max(-1, ...lanes)
  const left = margin + deepest * pad
  const right = left + width
  const middle = left + width / 2
  const boxes = nodes.map((node, i) => ({
    node,
    x: left,
    y: tops[i]!,
    width,
    height: boxHeight,
    kindX: left + 10 + (node.name === '' ? 0 : (node.name.length + 2) * letter),
    isJoin: node.id.includes(':'),
  }))
  const frames = groups.map((group) => {
    const { depth, first, last } = group
    const inset = (deepest - depth + 1) * pad
    const above = groups.filter((other) => other.first === first && other.depth >= depth).length
    const below = groups.filter((other) => other.last === last && other.depth >= depth).length
    const top = tops[first]! - above * (title + pad) + pad / 2
    const bottom = tops[last]! + boxHeight + below * pad - pad / 2
    const end = right + (taken + 1) * lane + inset
    return { group, x: left - inset, y: top, width: end - left + inset, height: bottom - top }
  })
  const straight = ways
    .filter(({ from, to }) => to === from + 1)
    .map(({ ends, from, to }) => ({ ...ends, d: `M${middle} ${tops[from]! + boxHeight}V${tops[to]! - 2}` }))
  const around = skips.map(({ ends, from, to }, i) => {
    const x = right + (lanes[i]! + 1) * lane
    const [start, end] = [tops[from]! + boxHeight - 8, tops[to]! + 9]
    return { ...ends, d: `M${right} ${start}H${x - 5}q5 0 5 5V${end - 5}q0 5 -5 5H${right + 2}` }
  })
  return {
    width: Math.ceil(right + (taken + 2) * lane + deepest * pad + margin),
    height: Math.ceil(height),
    letter,
    boxes,
    frames,
    ways: [...straight, ...around],
  }
}
