import { sameShape, type Shape } from '@resfn/layer'
import { type Figure, type Mark, sizeOf } from './marks.ts'
import { widthOf } from './metrics.ts'
import type { Node } from './node.ts'
import {
  apart,
  beside,
  down,
  gap,
  lead,
  type Place,
  type Placed,
  radius,
  shapeMark,
  sign,
  widthOfShape,
  widthOfSign,
} from './placed.ts'
import { weave } from './weave.ts'

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

const box = ({ label, note, output }: Extract<Node, { is: 'box' }>, least: number): Placed => {
  const text = pretty(label)
  const width = Math.max(least, widthOf(text, sizeOf('label')) + 28, widthOf(note, sizeOf('note')) + 28)
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

const series = ({ nodes, input, output }: Extract<Node, { is: 'series' }>, place: Place): Placed => {
  const placed = nodes.map((node) => place(node))
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
        const changed = before !== undefined && !sameShape(before.output, placed[i - 2]?.output ?? input)
        return [
          ...(before === undefined ? [] : [down(x, top - gap, top, !node.parts)]),
          ...(changed ? [shapeMark(x, top - gap / 2, before.output)] : []),
          ...node.at(x, top),
        ]
      }),
  }
}

const fork = ({ paths, main: axis, join, isSplit, output }: Extract<Node, { is: 'fork' }>, place: Place): Placed => {
  const placed = paths.map((path) => place(path))
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
    left: Math.max(main === undefined ? total / 2 : main.left, widthOfSign(join)),
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
          : [
              down(x, y, y + lead, main.parts !== true),
              ...main.at(x, y + lead),
              down(x, y + lead + main.height, centre - radius),
            ]),
        ...(main !== undefined && !sameShape(main.output, output)
          ? [shapeMark(x, y + lead + main.height + gap / 2, main.output)]
          : []),
        { is: 'circle', x, y, r: 2.5, role: 'dot' },
        ...inputMarks(x, y),
        ...sign(join, x, centre),
      ]
    },
  }
}

const placeIn = (least: number): Place => {
  const place: Place = (node) => {
    switch (node.is) {
      case 'box':
        return box(node, least)
      case 'series':
        return series(node, place)
      case 'fork':
        return fork(node, place)
      case 'woven':
        return weave(node, place)
    }
  }
  return place
}

/** The marks of a node between its input and its output, on paper of their size; boxes are at least so wide. */
export const layOut = (node: Node, input: Shape, least = 168): Figure => {
  const placed = placeIn(least)(node)
  const margin = 12
  const ends = Math.max(widthOfShape(input), widthOfShape(placed.output))
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
