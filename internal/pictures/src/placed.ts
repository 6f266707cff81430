import type { Shape } from '@resfn/layer'
import type { Mark } from './marks.ts'

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

export const gap = 26
export const radius = 11
const corner = 10
export const apart = 24
export const lead = 20

export const down = (x: number, from: number, to: number, hasArrow = true): Mark => ({
  is: 'line',
  d: `M${x} ${from}V${hasArrow ? to - 1 : to}`,
  role: 'edge',
  hasArrow,
})

export const sign = (join: string, x: number, y: number): readonly Mark[] => {
  const half = 5
  const stroke = (d: string): Mark => ({ is: 'line', d, role: 'sign' })
  const word = (text: string): Mark => ({
    is: 'text',
    x: x - radius - 6,
    y: y - 7,
    text,
    role: 'note',
    anchor: 'end',
  })
  const circle: Mark = { is: 'circle', x, y, r: radius, role: 'join' }
  if (join === 'sum') return [circle, stroke(`M${x - half} ${y}h${2 * half}M${x} ${y - half}v${2 * half}`)]
  if (join === 'product') return [circle, stroke(`M${x - 3.8} ${y - 3.8}l7.6 7.6M${x + 3.8} ${y - 3.8}l-7.6 7.6`)]
  if (join === 'channels')
    return [circle, stroke(`M${x - 2.5} ${y - half}v${2 * half}M${x + 2.5} ${y - half}v${2 * half}`), word('concat')]
  return [circle, stroke(`M${x} ${y - 2}v4M${x - 2} ${y}h4`), word(join)]
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
    { is: 'line', d: `${out}V${top - 1}`, role, hasArrow: true },
    ...node.at(x, top),
    { is: 'line', d: `M${x} ${top + node.height}${into}`, role, hasArrow: true },
  ]
}
