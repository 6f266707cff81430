import type { Shape } from '@resfn/layer'
import { type Mark, sizeOf } from './marks.ts'
import { widthOf } from './metrics.ts'
import type { Node } from './node.ts'
import { apart, beside, down, gap, lead, type Placed, radius, sign } from './placed.ts'
import { weave } from './weave.ts'

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
    case 'woven':
      return weave(node, place)
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
