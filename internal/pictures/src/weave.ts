import { sameShape } from '@resfn/layer'
import type { Mark } from './marks.ts'
import type { Node, WovenPart } from './node.ts'
import { apart, corner, down, gap, lead, type Place, type Placed, radius, shapeMark, sign } from './placed.ts'

/** The column of each part: that of the first part it takes, unless this one has gone on already. */
const columnsOf = (parts: readonly WovenPart[]): ReadonlyMap<string, number> => {
  const columns = new Map<string, number>()
  const taken = new Set<string>()
  let next = 0
  for (const { name, from } of parts) {
    const before = from[0]!
    const goesOn = columns.has(before) && !taken.has(before)
    columns.set(name, goesOn ? columns.get(before)! : next++)
    taken.add(before)
  }
  return columns
}

/** Parts in columns, each below all that it takes, and the join of the last one in the middle below. */
export const weave = (woven: Extract<Node, { is: 'woven' }>, place: Place): Placed => {
  const parts = woven.parts.slice(0, -1)
  const last = woven.parts.at(-1)!
  const columns = columnsOf(parts)
  const placed = new Map(parts.map(({ name, node }) => [name, place(node)]))
  const count = Math.max(...columns.values()) + 1
  const half = Math.max(...[...placed.values()].map(({ left, right }) => Math.max(left, right)))
  const offset = (name: string): number => (columns.get(name)! - (count - 1) / 2) * (2 * half + apart)
  const tops = new Map<string, number>()
  const bottoms = new Map([['input', 0]])
  for (const { name, from, join } of parts) {
    const top = Math.max(...from.map((source) => bottoms.get(source)!)) + gap + (from[0] === 'input' ? lead : 0)
    const isEmpty = placed.get(name)!.boxes === 0
    tops.set(name, isEmpty ? bottoms.get(from[0]!)! : top)
    bottoms.set(
      name,
      isEmpty ? tops.get(name)! : top + (join === undefined ? 0 : 2 * radius + lead) + placed.get(name)!.height,
    )
  }
  const height = Math.max(...bottoms.values()) + gap + 2 * radius
  const side = (from: readonly [number, number], to: readonly [number, number], turn: number): Mark => ({
    is: 'line',
    d: `M${from[0]} ${from[1]}V${to[1] - corner}Q${from[0]} ${to[1]} ${from[0] + turn * corner} ${to[1]}H${to[0] - turn * (radius + 1)}`,
    role: 'edge',
    hasArrow: true,
  })
  const part = (x: number, y: number, { name, input, from, join }: WovenPart): readonly Mark[] => {
    const own = placed.get(name)!
    const [at, top] = [x + offset(name), y + tops.get(name)!]
    if (own.boxes === 0) return []
    const under = join === undefined ? top : top + 2 * radius + lead
    const entries = from.flatMap((source): readonly Mark[] => {
      if (source === 'input')
        return Math.abs(at - x) < 1
          ? [down(x, y, top)]
          : [
              {
                is: 'line',
                d: `M${x} ${y}H${at - Math.sign(at - x) * corner}Q${at} ${y} ${at} ${y + corner}V${top - 1}`,
                role: 'edge',
                hasArrow: true,
              },
            ]
      const sx = x + offset(source)
      return sx === at
        ? [down(at, y + bottoms.get(source)!, top)]
        : [side([sx, y + bottoms.get(source)!], [at, top + radius], Math.sign(at - sx))]
    })
    return [
      ...entries,
      ...(join === undefined ? [] : [...sign(join, at, top + radius), down(at, top + 2 * radius, under)]),
      ...own.at(at, under),
      ...(sameShape(input, own.output) ? [] : [shapeMark(at, under + own.height + gap / 2, own.output)]),
    ]
  }
  return {
    left: (count / 2) * (2 * half + apart) - apart / 2,
    right: (count / 2) * (2 * half + apart) - apart / 2,
    height,
    boxes: Math.max(...[...placed.values()].map(({ boxes }) => boxes)),
    output: woven.output,
    parts: true,
    at: (x, y) => [
      { is: 'circle', x, y, r: 2.5, role: 'dot' },
      ...parts.flatMap((each) => part(x, y, each)),
      ...last.from.map((source): Mark => {
        const sx = x + offset(source)
        return sx === x
          ? down(x, y + bottoms.get(source)!, y + height - 2 * radius)
          : side([sx, y + bottoms.get(source)!], [x, y + height - radius], Math.sign(x - sx))
      }),
      ...sign(last.join ?? 'sum', x, y + height - radius),
    ],
  }
}
