import type { Shape } from '@resfn/layer'
import { type Mark, sizeOf } from './marks.ts'
import { widthOf } from './metrics.ts'
import type { Node } from './node.ts'

/** A node with its size: the flow enters at the top of its axis and leaves at the bottom. */
export type Placed = {
  readonly left: number
  readonly right: number
  readonly height: number
  /** how many boxes stand one above the other */
  readonly boxes: number
  readonly output: Shape
  /** whether the flow parts at its top, so that no arrow points there */
  readonly parts?: boolean
  /** its marks, with the axis at x and the top at y */
  readonly at: (x: number, y: number) => readonly Mark[]
}

/** Gives a node its place and size. */
export type Place = (node: Node) => Placed

export const gap = 26
export const radius = 11
export const corner = 10
export const apart = 24
export const lead = 20

export const down = (x: number, from: number, to: number, hasArrow = true): Mark => ({
  is: 'line',
  d: `M${x} ${from}V${hasArrow ? to - 1 : to}`,
  role: 'edge',
  hasArrow,
})

const shapeText = (shape: Shape): string => shape.join(' × ')

/** How far a shape reaches to the right of the axis. */
export const widthOfShape = (shape: Shape): number => widthOf(shapeText(shape), sizeOf('shape')) + 16

/** A shape on the right of the axis. */
export const shapeMark = (x: number, y: number, shape: Shape): Mark => ({
  is: 'text',
  x: x + 8,
  y: y + 3.5,
  text: shapeText(shape),
  role: 'shape',
  anchor: 'start',
})

const wordOf = (join: string): string =>
  join === 'channels' ? 'concat' : join === 'sum' || join === 'product' ? '' : join

/** How far a join reaches to the left of the axis. */
export const widthOfSign = (join: string): number => radius + 6 + widthOf(wordOf(join), sizeOf('note'))

/** Where paths become one: a circle with a sign, and a word for what has no usual sign. */
export const sign = (join: string, x: number, y: number): readonly Mark[] => {
  const half = 5
  const stroke = (d: string): Mark => ({ is: 'line', d, role: 'sign' })
  const word: Mark = { is: 'text', x: x - radius - 6, y: y - 7, text: wordOf(join), role: 'note', anchor: 'end' }
  const circle: Mark = { is: 'circle', x, y, r: radius, role: 'join' }
  if (join === 'sum') return [circle, stroke(`M${x - half} ${y}h${2 * half}M${x} ${y - half}v${2 * half}`)]
  if (join === 'product') return [circle, stroke(`M${x - 3.8} ${y - 3.8}l7.6 7.6M${x + 3.8} ${y - 3.8}l-7.6 7.6`)]
  if (join === 'channels')
    return [circle, stroke(`M${x - 2.5} ${y - half}v${2 * half}M${x + 2.5} ${y - half}v${2 * half}`), word]
  return [circle, stroke(`M${x} ${y - 2}v4M${x - 2} ${y}h4`), word]
}

/** A path beside the axis: out of the fork, through its node, into the join. */
export const beside = (
  node: Placed,
  role: 'edge' | 'shortcut',
  from: readonly [number, number],
  to: readonly [number, number],
  x: number,
): readonly Mark[] => {
  const [[fx, fy], [tx, ty]] = [from, to]
  const turn = Math.sign(x - fx)
  const end = tx + turn * (radius + 1)
  const into = `V${ty - corner}Q${x} ${ty} ${x - turn * corner} ${ty}H${end}`
  const out = `M${fx} ${fy}H${x - turn * corner}Q${x} ${fy} ${x} ${fy + corner}`
  if (node.boxes === 0) return [{ is: 'line', d: `${out}${into}`, role, hasArrow: true }]
  const top = fy + (ty - fy - node.height) / 2
  return [
    { is: 'line', d: `${out}V${top - 1}`, role, hasArrow: node.parts !== true },
    ...node.at(x, top),
    { is: 'line', d: `M${x} ${top + node.height}${into}`, role, hasArrow: true },
  ]
}
