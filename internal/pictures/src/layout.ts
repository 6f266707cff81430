import type { Shape } from '@resfn/layer'
import { type Mark, sizeOf } from './marks.ts'
import { widthOf } from './metrics.ts'
import type { Node } from './node.ts'

/** A node with its size: the flow enters at the top of its axis and leaves at the bottom. */
type Placed = {
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

const gap = 26
const radius = 11
const corner = 10
const apart = 24
const boxWidth = 168

export const shapeText = (shape: Shape): string => shape.join(' × ')

const roles: readonly (readonly [RegExp, string])[] = [
  [/conv|dense|scales/i, 'conv'],
  [/norm|^scale|shift/i, 'norm'],
  [/relu|elu|silu|swish|tanh/i, 'act'],
  [/pool|resize|blur|flatten/i, 'pool'],
  [/sigmoid|softmax|attention|drop|mask|gate/i, 'gate'],
]
/** The colour of a box, by what it is. */
const roleOf = (label: string): string => roles.find(([pattern]) => pattern.test(label))?.[1] ?? 'plain'

const pretty = (label: string): string => label.replaceAll(/(\d)x(\d)/g, '$1×$2')

const down = (x: number, from: number, to: number, hasArrow = true): Mark => ({
  is: 'line',
  d: `M${x} ${from}V${hasArrow ? to - 1 : to}`,
  role: 'edge',
  hasArrow,
})

const shapeMark = (x: number, y: number, shape: Shape): Mark => ({
  is: 'text',
  x: x + 8,
  y: y + 3.5,
  text: shapeText(shape),
  role: 'shape',
  anchor: 'start',
})

const box = ({ label, note, output }: Extract<Node, { is: 'box' }>): Placed => {
  const text = pretty(label)
  const width = Math.max(boxWidth, widthOf(text, sizeOf('label')) + 28, widthOf(note, sizeOf('note')) + 28)
  const height = note === '' ? 28 : 42
  return {
    left: width / 2,
    right: width / 2,
    height,
    boxes: 1,
    output,
    at: (x, y) => [
      { is: 'rect', x: x - width / 2, y, width, height, role: roleOf(label) },
      { is: 'text', x, y: y + 18.5, text, role: 'label' },
      ...(note === '' ? [] : [{ is: 'text', x, y: y + 33, text: note, role: 'note' } as const]),
    ],
  }
}

const isSame = (a: Shape, b: Shape): boolean => shapeText(a) === shapeText(b)

const series = ({ nodes, input, output }: Extract<Node, { is: 'series' }>): Placed => {
  const placed = nodes.map(place)
  const tops = placed.map((_, i) => placed.slice(0, i).reduce((sum, { height }) => sum + height + gap, 0))
  return {
    left: Math.max(0, ...placed.map(({ left }) => left)),
    right: Math.max(0, ...placed.map(({ right }) => right)),
    height: placed.length === 0 ? 0 : tops.at(-1)! + placed.at(-1)!.height,
    boxes: placed.reduce((sum, { boxes }) => sum + boxes, 0),
    output,
    parts: placed[0]?.parts ?? false,
    at: (x, y) =>
      placed.flatMap((node, i) => {
        const top = y + tops[i]!
        const before = placed[i - 1]
        // Where a shape changed, the edge after the change says so.
        const changed = before !== undefined && !isSame(before.output, placed[i - 2]?.output ?? input)
        return [
          ...(before === undefined ? [] : [down(x, top - gap, top, !node.parts)]),
          ...(changed ? [shapeMark(x, top - gap / 2, before.output)] : []),
          ...node.at(x, top),
        ]
      }),
  }
}

const sign = (join: string, x: number, y: number): readonly Mark[] => {
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
const beside = (
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

const lead = 20

const fork = ({ paths, main: axis, join, isSplit, output }: Extract<Node, { is: 'fork' }>): Placed => {
  const placed = paths.map(place)
  const tallest = placed.reduce((best, path) => (path.boxes > best.boxes ? path : best))
  const rivals = placed.filter(({ boxes }) => boxes === tallest.boxes).length
  // A longest path stands on the axis with the others on its right; paths alike stand side by side around it.
  const main = placed[paths.indexOf(axis!)] ?? (rivals === 1 ? tallest : undefined)
  const sides = placed.filter((path) => path !== main)
  const widths = sides.map(({ left, right }) => left + right)
  const room = Math.max(...placed.map(({ height }) => height)) + (main === undefined ? 2 * lead : 0)
  const height = lead + room + gap + 2 * radius
  const total = widths.reduce((sum, width) => sum + width, 0) + apart * (sides.length - 1)
  const start = main === undefined ? -total / 2 : main.right + apart
  const centres = sides.map(
    ({ left }, i) => start + left + widths.slice(0, i).reduce((sum, width) => sum + width + apart, 0),
  )
  const last = Math.max(0, ...sides.map(({ right }, i) => centres[i]! + right))
  const inputMarks = (x: number, y: number): readonly Mark[] =>
    isSplit ? [{ is: 'text', x: x - 8, y: y - 5, text: 'split', role: 'note', anchor: 'end' }] : []
  return {
    left: main === undefined ? total / 2 : main.left,
    right: Math.max(main?.right ?? 0, last + (sides.some(({ boxes }) => boxes === 0) ? 4 : 0)),
    height,
    boxes: tallest.boxes,
    output,
    parts: true,
    at: (x, y) => {
      const centre = y + height - radius
      return [
        ...sides.flatMap((path, i) =>
          Math.abs(centres[i]!) < 1
            ? [
                down(x, y, y + lead + (room - path.height) / 2),
                ...path.at(x, y + lead + (room - path.height) / 2),
                down(x, y + lead + (room + path.height) / 2, centre - radius),
              ]
            : beside(path, main === undefined ? 'edge' : 'shortcut', [x, y], [x, centre], x + centres[i]!),
        ),
        ...(main === undefined
          ? []
          : [down(x, y, y + lead), ...main.at(x, y + lead), down(x, y + lead + main.height, centre - radius)]),
        ...(main !== undefined && !isSame(main.output, output)
          ? [shapeMark(x, y + lead + main.height + gap / 2, main.output)]
          : []),
        { is: 'circle', x, y, r: 2.5, role: 'dot' },
        ...inputMarks(x, y),
        ...sign(join, x, centre),
      ]
    },
  }
}

const place = (node: Node): Placed => {
  switch (node.is) {
    case 'box':
      return box(node)
    case 'series':
      return series(node)
    case 'fork':
      return fork(node)
  }
}

/** The marks of a node between its input and its output, on paper of their size. */
export const layOut = (
  node: Node,
  input: Shape,
): { readonly width: number; readonly height: number; readonly marks: readonly Mark[] } => {
  const placed = place(node)
  const margin = 12
  const ends = Math.max(widthOf(shapeText(input), 10.5), widthOf(shapeText(placed.output), 10.5)) + 16
  const x = margin + placed.left
  const top = margin + 34
  const bottom = top + placed.height
  return {
    width: x + Math.max(placed.right, ends) + margin,
    height: bottom + 34 + margin,
    marks: [
      shapeMark(x, margin + 8, input),
      down(x, margin, top, placed.parts !== true),
      ...placed.at(x, top),
      { is: 'line', d: `M${x} ${bottom}V${bottom + 33}`, role: 'edge', hasArrow: true },
      shapeMark(x, bottom + 24, placed.output),
    ],
  }
}
